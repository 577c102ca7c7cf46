/** The writer's own contract: how it uses its output, what it refuses, what it remembers. */
import { describe, expect, test } from "vitest";
import { bytesFromLatin1 } from "../../src/bytes/latin1.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import { compactFile } from "../../src/ext4/compact-file.ts";
import { cleanPath } from "../../src/ext4/compact-path.ts";
import { CompactWriter } from "../../src/ext4/compact-writer.ts";
import type { ImageOutput } from "../../src/ext4/image-output.ts";
import { fileTypeMode } from "../../src/ext4/inode.ts";
import { readStructure } from "../../src/ext4/structure.ts";
import { superblockFields } from "../../src/ext4/superblock.ts";
import { SparseImage } from "./sparse-image.ts";

const regular = fileTypeMode.regular | 0o644;
const directory = fileTypeMode.directory | 0o755;
const symlink = fileTypeMode.symlink;

async function errorOf(work: Promise<unknown>): Promise<FormatError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

async function fileWith(writer: CompactWriter, name: string, content: Uint8Array): Promise<void> {
  await writer.create([name], compactFile({ mode: regular, sizeBytes: content.length }));
  await writer.write(content);
}

test.each([
  ["a/b", ["a", "b"]],
  ["/a//b/./c/", ["a", "b", "c"]],
  ["..", []],
  ["a/../../b", ["b"]],
  ["a/..", []],
  ["", []],
  ["...", ["..."]],
  ["\xff\xfe/\xc3\xa9", ["\xff\xfe", "\xc3\xa9"]],
])("the path %j is cleaned", (path, names) => {
  expect(cleanPath(bytesFromLatin1(path))).toEqual(names);
});

describe("the output", () => {
  /** Fails where the writer does not wait, or keeps bytes that it gave away. */
  class SlowOutput implements ImageOutput {
    readonly image = new SparseImage();
    calls = 0;
    #busy = false;

    append(bytes: Uint8Array): Promise<void> {
      return this.#slowly(() => this.image.append(bytes));
    }

    appendZeros(lengthBytes: number): Promise<void> {
      return this.#slowly(() => this.image.appendZeros(lengthBytes));
    }

    appendRewritable(bytes: Uint8Array): Promise<void> {
      return this.#slowly(() => this.image.appendRewritable(bytes));
    }

    rewrite(offsetBytes: number, bytes: Uint8Array): Promise<void> {
      return this.#slowly(() => this.image.rewrite(offsetBytes, bytes));
    }

    async #slowly(work: () => void): Promise<void> {
      expect(this.#busy).toBe(false);
      this.#busy = true;
      this.calls++;
      await new Promise((resolve) => setImmediate(resolve));
      work();
      this.#busy = false;
    }
  }

  async function fill(writer: CompactWriter): Promise<void> {
    const xattrs = new Map([["user.large", new Uint8Array(500).fill(3)]]);
    await writer.create(["d"], compactFile({ mode: directory, xattrs }));
    await fileWith(writer, "f", new Uint8Array(5000).fill(1));
    await writer.create(["l"], compactFile({ mode: symlink, linkName: new Uint8Array(300).fill(0x61) }));
    await writer.create(["d"], compactFile({ mode: directory, xattrs }));
    await writer.create(["h"], compactFile({ mode: regular, sizeBytes: 600 * 2 ** 20 }));
    await writer.writeZeros(600 * 2 ** 20);
    await writer.close();
  }

  test("is waited for, and nothing is changed while it is", async () => {
    const slow = new SlowOutput();
    await fill(new CompactWriter(slow));
    const fast = new SparseImage();
    await fill(new CompactWriter(fast));
    expect(slow.image.sizeBytes).toBe(fast.sizeBytes);
    expect(slow.image.sha256()).toBe(fast.sha256());
    expect(slow.calls).toBeGreaterThan(10);
  });

  test("costs no promise where it has nothing to wait for", async () => {
    const writer = new CompactWriter(new SparseImage());
    await writer.create(["f"], compactFile({ mode: regular, sizeBytes: 3 }));
    expect(writer.write(new Uint8Array(1))).toBe(undefined);
    expect(writer.writeZeros(2)).toBe(undefined);
    expect((await writer.close()).inodes).toBe(12);
  });

  test("that fails makes the call fail", async () => {
    const output: ImageOutput = {
      append: () => Promise.reject(new Error("no room")),
      appendZeros: () => undefined,
      appendRewritable: () => undefined,
      rewrite: () => undefined,
    };
    const writer = new CompactWriter(output);
    await writer.create(["f"], compactFile({ mode: regular, sizeBytes: 1 }));
    await expect(writer.write(new Uint8Array(1))).rejects.toThrow("no room");
  });
});

describe("content", () => {
  test.each([{ inlineData: false }, { inlineData: true }])("must be as long as said: %o", async (options) => {
    const long = new CompactWriter(new SparseImage(), options);
    await long.create(["f"], compactFile({ mode: regular, sizeBytes: 3 }));
    expect(() => long.write(new Uint8Array(4))).toThrow(expect.objectContaining({ code: "does-not-fit" }));
    const short = new CompactWriter(new SparseImage(), options);
    await short.create(["f"], compactFile({ mode: regular, sizeBytes: 3 }));
    await short.write(new Uint8Array(2));
    expect(await errorOf(short.close())).toMatchObject({ code: "truncated", at: { path: "f" } });
  });

  test("is for regular files alone", async () => {
    const writer = new CompactWriter(new SparseImage());
    await writer.create(["d"], compactFile({ mode: directory }));
    expect(() => writer.write(new Uint8Array(1))).toThrow(FormatError);
    expect(() => writer.writeZeros(1)).toThrow(FormatError);
    expect(writer.write(new Uint8Array(0))).toBe(undefined);
  });

  test("comes out the same in one piece and in many, zeros written or left out", async () => {
    for (const inlineData of [false, true]) {
      for (const size of [100, 136, 9000]) {
        const whole = new SparseImage();
        const content = new Uint8Array(size).fill(9, 30, 70);
        const one = new CompactWriter(whole, { inlineData });
        await fileWith(one, "f", content);
        await one.close();
        const pieces = new SparseImage();
        const many = new CompactWriter(pieces, { inlineData });
        await many.create(["f"], compactFile({ mode: regular, sizeBytes: size }));
        await many.writeZeros(30);
        for (let i = 30; i < 70; i++) await many.write(content.subarray(i, i + 1));
        await many.writeZeros(size - 70);
        await many.close();
        expect(pieces.sha256()).toBe(whole.sha256());
      }
    }
  });

  test("may have 128 GiB, and not a byte more", async () => {
    const writer = new CompactWriter(new SparseImage(), { maximumDiskSizeBytes: -1 });
    await writer.create(["f"], compactFile({ mode: regular, sizeBytes: 2 ** 37 }));
    await writer.writeZeros(2 ** 37);
    const more = compactFile({ mode: regular, sizeBytes: 2 ** 37 + 1 });
    expect(await errorOf(writer.create(["g"], more))).toMatchObject({ code: "does-not-fit" });
  });
});

describe("the limit of the disk", () => {
  // Block 0, one of descriptors, content; two directories, a table, two bitmaps.
  const fixedBlocks = 2 + 2 + 1 + 2;

  test("is the image's own size", async () => {
    for (const [blocks, fits] of [
      [fixedBlocks + 1, true],
      [fixedBlocks, false],
    ] as const) {
      const writer = new CompactWriter(new SparseImage(), { maximumDiskSizeBytes: blocks * 4096 });
      await fileWith(writer, "f", new Uint8Array(1));
      if (fits) expect((await writer.close()).sizeBytes).toBe(blocks * 4096);
      else expect(await errorOf(writer.close())).toMatchObject({ code: "disk-full" });
    }
  });

  test("stops content on its way", async () => {
    const writer = new CompactWriter(new SparseImage(), { maximumDiskSizeBytes: 40 * 4096 });
    await writer.create(["f"], compactFile({ mode: regular, sizeBytes: 100 * 4096 }));
    expect(writer.writeZeros(38 * 4096)).toBe(undefined);
    expect(() => writer.write(new Uint8Array(1))).toThrow(/163840 bytes/);
  });

  test("holds for the groups that many inodes ask for", async () => {
    const writer = new CompactWriter(new SparseImage(), { maximumDiskSizeBytes: 2 ** 27 });
    for (let i = 0; i < 32768; i++) await writer.create([`f${i}`], compactFile({ mode: regular }));
    // A second group starts at 128 MiB.
    expect(await errorOf(writer.close())).toMatchObject({ code: "disk-full" });
  });
});

describe("refused", () => {
  test("a mode without a type of file that there is", async () => {
    const writer = new CompactWriter(new SparseImage());
    await expect(writer.create(["x"], compactFile({ mode: 0x3000 }))).rejects.toThrow(UsageError);
    await writer.create(["s"], compactFile({ mode: fileTypeMode.socket }));
    expect((await writer.stat(["s"])).mode).toBe(fileTypeMode.socket);
  });

  test("65001 links to a file, by whatever way", async () => {
    const writer = new CompactWriter(new SparseImage());
    await writer.create(["f"], compactFile({ mode: regular }));
    for (let i = 1; i < 65000; i++) await writer.link(["f"], [`l${i}`]);
    expect(await errorOf(writer.link(["f"], ["more"]))).toMatchObject({ code: "too-many-links" });
    // A name that is a link to it already makes no further one.
    await writer.link(["f"], ["l1"]);
    expect((await writer.close()).inodes).toBe(12);
  });

  test("65001 links to a directory", async () => {
    const writer = new CompactWriter(new SparseImage());
    await writer.create(["d"], compactFile({ mode: directory }));
    for (let i = 0; i < 64998; i++) await writer.create(["d", `${i}`], compactFile({ mode: directory }));
    const create = writer.create(["d", "more"], compactFile({ mode: directory }));
    expect(await errorOf(create)).toMatchObject({ code: "too-many-links", at: { path: "d/more" } });
    expect(await errorOf(writer.makeParents(["d", "more", "x"]))).toMatchObject({ code: "too-many-links" });
    await writer.create(["d", "file"], compactFile({ mode: regular }));
    await writer.create(["d", "0"], compactFile({ mode: directory }));
    expect((await writer.close()).inodes).toBe(64998 + 13);
  });
});

describe("a file that comes again", () => {
  test("keeps its inode, and the attributes in it that the new one does not name", async () => {
    const writer = new CompactWriter(new SparseImage());
    const xattrs = (entries: [string, string][]): Map<string, Uint8Array> =>
      new Map(entries.map(([name, value]) => [name, bytesFromLatin1(value)]));
    await writer.create(
      ["f"],
      compactFile({
        mode: regular,
        xattrs: xattrs([
          ["user.a", "1"],
          ["user.b", "2"],
        ]),
      }),
    );
    await writer.create(
      ["f"],
      compactFile({ mode: symlink, linkName: bytesFromLatin1("t"), xattrs: xattrs([["user.b", "3"]]) }),
    );
    const { xattrs: kept, linkName, mode } = await writer.stat(["f"]);
    expect([...kept]).toEqual([
      ...xattrs([
        ["user.a", "1"],
        ["user.b", "3"],
      ]),
    ]);
    expect([linkName, mode]).toEqual([bytesFromLatin1("t"), symlink | 0o777]);
    expect((await writer.close()).inodes).toBe(12);
  });

  test("loses the attributes in its block, which is rewritten and stays", async () => {
    const image = new SparseImage();
    const writer = new CompactWriter(image);
    const xattrs = new Map([["user.large", new Uint8Array(200).fill(5)]]);
    await writer.create(["f"], compactFile({ mode: regular, xattrs }));
    expect((await writer.stat(["f"])).xattrs).toEqual(xattrs);
    expect(image.block(2).subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 2, 0xea));
    expect(image.block(2).some((byte) => byte === 5)).toBe(true);
    await writer.create(["f"], compactFile({ mode: regular }));
    expect((await writer.stat(["f"])).xattrs.size).toBe(0);
    expect(image.block(2).some((byte) => byte === 5)).toBe(false);
    expect([image.rewrites, image.blocks]).toEqual([1, 3]);
  });

  test("is not read back where its link target went into a block", async () => {
    const writer = new CompactWriter(new SparseImage());
    await writer.create(["l"], compactFile({ mode: symlink, linkName: new Uint8Array(60) }));
    expect(await errorOf(writer.stat(["l"]))).toMatchObject({ code: "cannot-replace" });
    expect(await errorOf(writer.stat(["x"]))).toMatchObject({ code: "missing-target" });
  });
});

test("a path of 20,000 parts takes neither a stack nor time beyond measure", async () => {
  const image = new SparseImage();
  const writer = new CompactWriter(image, { maximumDiskSizeBytes: 2 ** 37 });
  const path = new Array<string>(20_000).fill("a");
  await writer.makeParents(path);
  const { inodes, sizeBytes } = await writer.close();
  expect(inodes).toBe(11 + path.length - 1);
  expect(readStructure(superblockFields, image.block(0), 1024).blocksCountLow).toBe(sizeBytes / 4096);
});
