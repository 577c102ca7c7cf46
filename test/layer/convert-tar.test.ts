/** Each rule by which a tar's entries become files, seen through the reader of what was written. */
import { describe, expect, test } from "vitest";
import { bytesFromLatin1 } from "../../src/bytes/latin1.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FormatError } from "../../src/errors.ts";
import { CompactWriter } from "../../src/ext4/compact-writer.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import { convertTar } from "../../src/layer/convert-tar.ts";
import type { LayerOptions } from "../../src/layer/layer-options.ts";
import { TarReader } from "../../src/tar/tar-reader.ts";
import { type SeenNode, treeSnapshot } from "../ext4/snapshot.ts";
import { SparseImage } from "../ext4/sparse-image.ts";
import { TarBuilder } from "../tar/tar-builder.ts";

const layer: LayerOptions = { convertWhiteout: true };

async function convert(tar: TarBuilder, options: LayerOptions = layer): Promise<SparseImage> {
  const image = new SparseImage();
  await convertTar(new TarReader([tar.end().bytes()]), new CompactWriter(image, options), options);
  return image;
}

/** What the image shows, without lost+found; paths are Latin-1 text. */
async function filesOf(tar: TarBuilder, options: LayerOptions = layer): Promise<Map<string, SeenNode>> {
  await using device = new MemoryDevice((await convert(tar, options)).bytes());
  await using tree = await openExt4(device);
  const files = new Map(await treeSnapshot(tree));
  expect(files.delete("lost+found")).toBe(true);
  return files;
}

/** Paths and modes. */
async function modesOf(tar: TarBuilder, options: LayerOptions = layer): Promise<Record<string, string>> {
  const files = [...(await filesOf(tar, options))].map(([path, { mode }]) => [path, mode] as const);
  return Object.fromEntries(files.sort());
}

async function errorOf(tar: TarBuilder, options: LayerOptions = layer): Promise<FormatError> {
  const error = await convert(tar, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

const builder = (): TarBuilder => new TarBuilder();
const whiteout = { mode: "020000", device: "0:0", owner: "0:0", times: [0n, 0n, 0n, 0n] };
const opaque = "trusted.overlay.opaque=79";

describe("paths", () => {
  test("are cleaned, and cannot leave the root", async () => {
    const tar = builder()
      .file("/a//./b/../c")
      .file("../../d")
      .file("e/")
      .add({ name: "./", type: "5", mode: 0o700 });
    expect(await modesOf(tar)).toEqual({
      "": "040700",
      a: "040755",
      "a/c": "0100644",
      d: "0100644",
      e: "0100644",
    });
  });

  test("keep their bytes", async () => {
    const name = bytesFromLatin1("\xff\xfe \\ \x01");
    const files = await filesOf(builder().add({ name, content: "x" }));
    expect([...files.keys()]).toContain("\xff\xfe \\ \x01");
  });

  test("with backslashes become paths on demand, link names too", async () => {
    const tar = builder()
      .file("a\\b", "x")
      .add({ name: "c\\h", type: "1", linkName: "a\\b" })
      .add({ name: "s", type: "2", linkName: "..\\t" });
    const files = await filesOf(tar, { ...layer, convertBackslash: true });
    expect([...files.keys()].sort()).toEqual(["", "a", "a/b", "c", "c/h", "s"]);
    expect(files.get("a/b")?.links).toBe(2);
    expect(files.get("s")?.content).toBe("../t");
    expect((await errorOf(builder().add({ name: "c", type: "1", linkName: "a\\b" }))).code).toBe(
      "missing-target",
    );
  });

  test.each(["__proto__", "constructor", "hasOwnProperty"])("%s is a name like any other", async (name) => {
    const files = await filesOf(builder().file(`${name}/${name}`, "x"));
    expect([...files.keys()]).toEqual(["", name, `${name}/${name}`]);
  });

  test("of 255 bytes are good, of 256 refused, as a parent too", async () => {
    const files = await filesOf(builder().file("n".repeat(255), "", { longName: "n".repeat(255) }));
    expect(files.size).toBe(2);
    for (const name of ["n".repeat(256), `${"n".repeat(256)}/a`, `${"n".repeat(256)}/.wh.a`]) {
      expect(await errorOf(builder().file("n", "", { longName: name }))).toMatchObject({ code: "bad-name" });
    }
  });
});

describe("parents without an entry", () => {
  test("take mode, owner and all times of the directory they are in, but no attributes", async () => {
    const pax = { mtime: "5.5", atime: "6", ctime: "7", "SCHILY.xattr.user.a": "1" };
    const tar = builder()
      .add({ name: "d", type: "5", mode: 0o1750, uid: 70000, gid: 3, pax })
      .file("d/e/f/g", "x", { mtime: 9 });
    const files = await filesOf(tar);
    const { inode: _, links: __, xattrs, ...given } = files.get("d") as SeenNode;
    expect(xattrs).toEqual(["user.a=31"]);
    for (const path of ["d/e", "d/e/f"]) expect(files.get(path)).toMatchObject({ ...given, xattrs: [] });
  });

  test("get what their own entry says when it comes", async () => {
    const files = await filesOf(
      builder().file("d/f", "x").add({ name: "d", type: "5", mode: 0o700, mtime: 3 }),
    );
    expect(files.get("d")).toMatchObject({ mode: "040700", times: [0n, 3_000_000_000n, 0n, 3_000_000_000n] });
  });

  test("are in order of creation, so an inode's number is the order of first mention", async () => {
    const files = await filesOf(builder().file("a/b/c").file("d").add({ name: "a/", type: "5" }));
    expect(["a", "a/b", "a/b/c", "d"].map((path) => files.get(path)?.inode)).toEqual([12, 13, 14, 15]);
  });

  test("in a file or behind a symlink are refused", async () => {
    for (const path of ["f/a", "f/a/b", "s/a", "f/.wh.a/b"]) {
      const tar = builder().file("f").add({ name: "s", type: "2", linkName: "." }).file(path, "x");
      expect(await errorOf(tar)).toMatchObject({ code: "missing-parent", at: { offsetBytes: 1024 } });
    }
  });
});

describe("whiteouts", () => {
  test("are devices 0:0 without permissions, owner or times; what they hold is skipped", async () => {
    const tar = builder().file("d/.wh.gone", "content", { uid: 5, mtime: 7 }).file("after", "x");
    const files = await filesOf(tar);
    expect(files.get("d/gone")).toMatchObject(whiteout);
    expect(files.get("after")?.sizeBytes).toBe(1);
  });

  test("are files like any other without the option", async () => {
    const tar = builder().file("d/.wh.gone", "content").file(".wh..wh..opq");
    expect([...(await filesOf(tar, {})).keys()].sort()).toEqual(["", ".wh..wh..opq", "d", "d/.wh.gone"]);
  });

  test("of any type of entry, and of names that only begin like others", async () => {
    const tar = builder()
      .add({ name: ".wh.a", type: "5" })
      .add({ name: ".wh.b", type: "1", linkName: "nowhere" })
      .file(".wh..wh.plnk")
      .file(".wh..wh..opqx")
      .file(".wh...");
    const files = await errorOf(tar);
    // `.wh...` hides `..`, which is the root.
    expect(files).toMatchObject({ code: "cannot-replace", at: { offsetBytes: 2048 } });
  });

  test.each([
    [".wh.a", "a"],
    [".wh..wh.plnk", ".wh.plnk"],
    [".wh..wh..opqx", ".wh..opqx"],
    ["x/../.wh.b", "b"],
  ])("%s hides %s", async (name, hidden) => {
    expect((await filesOf(builder().file(name))).get(hidden)).toMatchObject(whiteout);
  });

  test.each([".wh.", ".wh..", "d/.wh."])("%s hides a directory's own name: refused", async (name) => {
    expect(await errorOf(builder().file(name))).toMatchObject({ code: "cannot-replace" });
  });

  test("with a slash behind are no whiteouts: the base name is empty", async () => {
    const tar = builder().add({ name: "d/.wh.a/", type: "5", mode: 0o755 });
    expect(await modesOf(tar)).toMatchObject({ "d/.wh.a": "040755" });
  });

  test("take the place of an empty file, and not of one with content", async () => {
    expect((await filesOf(builder().file("a").file(".wh.a"))).get("a")).toMatchObject(whiteout);
    expect(await errorOf(builder().file("a", "x").file(".wh.a"))).toMatchObject({ code: "cannot-replace" });
  });
});

describe("opaque markers", () => {
  test("mark the directory and change nothing else of it", async () => {
    const pax = {
      mtime: "5.5",
      atime: "6",
      "SCHILY.xattr.user.a": "1",
      "SCHILY.xattr.user.b": "x".repeat(200),
    };
    const tar = builder().add({ name: "d", type: "5", mode: 0o1750, uid: 70000, gid: 3, pax });
    const before = (await filesOf(tar)).get("d") as SeenNode;
    const files = await filesOf(
      builder()
        .add({ name: "d", type: "5", mode: 0o1750, uid: 70000, gid: 3, pax })
        .file("d/.wh..wh..opq", "content", { mtime: 77 }),
    );
    expect(files.get("d")).toEqual({ ...before, xattrs: [opaque, ...before.xattrs].sort() });
    expect([...files.keys()]).toEqual(["", "d"]);
  });

  test("of the root, of a directory that is only implied, twice", async () => {
    const files = await filesOf(
      builder().file(".wh..wh..opq").file("d/.wh..wh..opq").file("./d//.wh..wh..opq"),
    );
    expect([files.get("")?.xattrs, files.get("d")?.xattrs]).toEqual([[opaque], [opaque]]);
  });

  test("of a file mark it, and it must be empty", async () => {
    const tar = (content: string): TarBuilder =>
      builder().file("f", content, { mode: 0o600 }).file("f/.wh..wh..opq");
    expect((await filesOf(tar(""))).get("f")).toMatchObject({ mode: "0100600", xattrs: [opaque] });
    expect(await errorOf(tar("x"))).toMatchObject({ code: "cannot-replace" });
    expect(await errorOf(tar("x"), { ...layer, inlineData: true })).toMatchObject({ code: "truncated" });
  });

  test("are lost with the attributes in a block when the directory comes again", async () => {
    const pax = { "SCHILY.xattr.user.large": "x".repeat(200) };
    const tar = builder()
      .add({ name: "d", type: "5", pax })
      .file("d/.wh..wh..opq")
      .add({ name: "d", type: "5", mode: 0o700 });
    expect((await filesOf(tar)).get("d")?.xattrs).toEqual([opaque]);
  });
});

describe("hard links", () => {
  test("share the inode, whatever it is but a directory", async () => {
    const tar = builder()
      .file("f", "x")
      .add({ name: "s", type: "2", linkName: "t" })
      .add({ name: "p", type: "6" })
      .add({ name: "a/f", type: "1", linkName: "./f" })
      .add({ name: "a/s", type: "1", linkName: "/s" })
      .add({ name: "a/p", type: "1", linkName: "a/../p" });
    const files = await filesOf(tar);
    for (const name of ["f", "s", "p"]) {
      expect(files.get(name)).toEqual(files.get(`a/${name}`));
      expect(files.get(name)?.links).toBe(2);
    }
  });

  test.each([
    ["no target", (tar: TarBuilder) => tar.add({ name: "l", type: "1", linkName: "no" }), "missing-target"],
    ["a directory", (tar: TarBuilder) => tar.add({ name: "l", type: "1", linkName: "d" }), "is-directory"],
    ["the root", (tar: TarBuilder) => tar.add({ name: "l", type: "1", linkName: "" }), "is-directory"],
    ["over a file", (tar: TarBuilder) => tar.add({ name: "g", type: "1", linkName: "f" }), "cannot-replace"],
    [
      "over a directory",
      (tar: TarBuilder) => tar.add({ name: "d", type: "1", linkName: "f" }),
      "cannot-replace",
    ],
    ["to itself", (tar: TarBuilder) => tar.add({ name: "f", type: "1", linkName: "f" }), "cannot-replace"],
    [
      "behind a file",
      (tar: TarBuilder) => tar.add({ name: "l", type: "1", linkName: "f/x" }),
      "missing-parent",
    ],
  ] as const)("%s: refused", async (_, add, code) => {
    const tar = add(builder().file("f", "x").file("g").add({ name: "d", type: "5" }));
    expect(await errorOf(tar)).toMatchObject({ code, at: { offsetBytes: 2048 } });
  });

  test("take a name from an inode that has others", async () => {
    const tar = builder()
      .file("f", "1")
      .add({ name: "l", type: "1", linkName: "f" })
      .file("g", "22")
      .add({ name: "l", type: "1", linkName: "g" });
    const files = await filesOf(tar);
    expect([files.get("f")?.links, files.get("g")?.links, files.get("l")?.sizeBytes]).toEqual([1, 2, 2]);
  });
});

describe("the same name again", () => {
  test("a file with one name keeps its inode if it has no blocks", async () => {
    const tar = builder().file("a").file("b").file("a", "content", { mode: 0o600 });
    const files = await filesOf(tar);
    expect(files.get("a")).toMatchObject({ inode: 12, mode: "0100600", sizeBytes: 7 });
  });

  test("a file with more names leaves its inode to them", async () => {
    const tar = builder().file("a", "1").add({ name: "l", type: "1", linkName: "a" }).file("a", "22");
    const files = await filesOf(tar);
    expect(files.get("a")).toMatchObject({ inode: 13, links: 1, sizeBytes: 2 });
    expect(files.get("l")).toMatchObject({ inode: 12, links: 1, sizeBytes: 1 });
  });

  test.each([
    ["content", builder().file("a", "1").file("a")],
    [
      "a long link target",
      builder()
        .add({ name: "a", type: "2", linkName: "x".repeat(60) })
        .file("a"),
    ],
    ["a file by a directory", builder().file("a").add({ name: "a", type: "5" })],
    ["a directory by a file", builder().add({ name: "a", type: "5" }).file("a")],
    ["the root", builder().file("/")],
  ])("%s is not replaced", async (_, tar) => {
    expect(await errorOf(tar)).toMatchObject({ code: "cannot-replace" });
  });

  test("small content in an inode is replaced", async () => {
    const files = await filesOf(builder().file("a", "x".repeat(136)).file("a", "y"), {
      ...layer,
      inlineData: true,
    });
    expect(files.get("a")).toMatchObject({ inode: 12, sizeBytes: 1 });
  });
});

describe("types and fields", () => {
  test.each([
    ["0", "0100644"],
    ["7", "0100644"],
    ["S", "0100644"],
    ["Z", "0100644"],
    ["2", "0120777"],
    ["3", "020644"],
    ["4", "060644"],
    ["5", "040644"],
    ["6", "010644"],
  ] as const)("type %s", async (type, mode) => {
    const tar = builder().add({
      name: "x",
      type,
      linkName: "t",
      mode: 0o644,
      format: type === "S" ? "gnu" : "ustar",
    });
    expect((await filesOf(tar)).get("x")?.mode).toBe(mode);
  });

  test("a global header becomes an empty file, and nothing else heeds it", async () => {
    const files = await filesOf(builder().global({ mtime: "5", uid: "7" }).file("a", "x", { mtime: 1 }));
    expect(files.get("pax_global_header")).toMatchObject({
      mode: "0100000",
      owner: "0:0",
      sizeBytes: 0,
      times: [0n, 0n, 0n, 0n],
    });
    expect(files.get("a")).toMatchObject({ owner: "0:0", times: [0n, 1_000_000_000n, 0n, 1_000_000_000n] });
  });

  test("wide numbers are cut to what an inode holds", async () => {
    const tar = builder().add({
      name: "x",
      type: "3",
      mode: 0o107777,
      uid: -1n,
      gid: 2n ** 32n + 5n,
      deviceMajor: 259,
      deviceMinor: 2 ** 20 - 1,
    });
    expect((await filesOf(tar)).get("x")).toMatchObject({
      mode: "027777",
      owner: "4294967295:5",
      device: "259:1048575",
    });
  });

  test("sparse files come whole", async () => {
    const sparse = { form: "pax-1.0", size: 300_000, data: [[200_000, "data"]] } as const;
    const whole = new Uint8Array(300_000);
    whole.set(new TextEncoder().encode("data"), 200_000);
    const [a, b] = [await convert(builder().sparse("s", sparse)), await convert(builder().file("s", whole))];
    expect(a.sha256()).toBe(b.sha256());
  });

  test("an attribute that does not fit is refused, and where it stands in the tar is said", async () => {
    const tar = builder()
      .file("a")
      .file("b/c", "", { pax: { "SCHILY.xattr.user.x": "x".repeat(4096) } });
    const error = await errorOf(tar);
    expect(error).toMatchObject({ code: "does-not-fit", at: { path: "b/c", offsetBytes: 512 } });
    expect(error.message).toContain("user.x");
  });
});
