/** Pairs of tars that differ in one thing, and what is said of it. */
import { describe, expect, test } from "vitest";
import { latin1FromBytes } from "../../../src/bytes/latin1.ts";
import { explainLayer, explainLayers } from "../../../src/layer/explain/explain.ts";
import { concatBytes, TarBuilder } from "../../tar/tar-builder.ts";
import { tarInput } from "./inputs.ts";

const explain = (a: TarBuilder, b: TarBuilder) =>
  explainLayers(tarInput("a.tar", a.end().bytes()), tarInput("b.tar", b.end().bytes()));
const tar = (): TarBuilder =>
  new TarBuilder().add({ name: "etc/", type: "5", mode: 0o755 }).file("etc/x", "x");
const dir = { name: "d/", type: "5", mode: 0o755 } as const;

describe("archives that make one layer", () => {
  test.each<[string, TarBuilder, TarBuilder]>([
    ["the same", tar(), tar()],
    ["names of users", tar().file("a", "1", { patch: [[265, "root"]] }), tar().file("a", "1")],
    ["names that clean alike", tar().file("./a", "1"), tar().file("a", "1")],
    ["records of no effect", tar().file("a", "1", { pax: { comment: "b" } }), tar().file("a", "1")],
    ["padding behind the end", tar(), tar().end(20)],
    [
      "a sparse file and a plain one",
      tar().sparse("s", { form: "pax-1.0", size: 8192, data: [[4096, "data"]] }),
      tar().file(
        "s",
        concatBytes([new Uint8Array(4096), new TextEncoder().encode("data"), new Uint8Array(4092)]),
      ),
    ],
    [
      "an implied folder with the metadata that it would have",
      tar()
        .add({ ...dir })
        .file("d/e", "1"),
      tar().add(dir).file("d/e", "1"),
    ],
  ])("%s", async (_, a, b) => {
    const { verdict, causes, a: side, b: other } = await explain(a, b);
    expect({ verdict, causes }).toEqual({ verdict: "equal", causes: [] });
    expect(side.rootHash).toEqual(other?.rootHash);
  });
});

describe("one thing differs", () => {
  test.each<[string, TarBuilder, TarBuilder, string, string, RegExp]>([
    [
      "mode",
      tar().file("a"),
      tar().file("a", "", { mode: 0o755 }),
      "entry-changed",
      "a",
      /entry 2 at byte 1536 of A.*the mode is 00644 in A and 00755 in B/,
    ],
    [
      "owner",
      tar().file("a"),
      tar().file("a", "", { uid: 1000 }),
      "entry-changed",
      "a",
      /owner \(uid\) is 0 in A and 1000 in B/,
    ],
    ["group", tar().file("a"), tar().file("a", "", { gid: 5 }), "entry-changed", "a", /group \(gid\)/],
    [
      "a nanosecond",
      tar().file("a", "", { pax: { mtime: "5.000000001" } }),
      tar().file("a", "", { mtime: 5 }),
      "entry-changed",
      "a",
      /modification is 1970-01-01T00:00:05\.000000001Z in A and 1970-01-01T00:00:05Z in B/,
    ],
    [
      "atime",
      tar().file("a", "", { pax: { atime: "5" } }),
      tar().file("a"),
      "entry-changed",
      "a",
      /time of access is 1970-01-01T00:00:05Z in A and absent in B/,
    ],
    [
      "attribute",
      tar().file("a", "", { pax: { "SCHILY.xattr.user.k": "v" } }),
      tar().file("a"),
      "entry-changed",
      "a",
      /attribute user\.k is v in A and not there in B/,
    ],
    [
      "size",
      tar().file("a", "1"),
      tar().file("a", "12"),
      "entry-changed",
      "a",
      /size is 1 bytes in A and 2 bytes in B/,
    ],
    [
      "content",
      tar().file("a", "1"),
      tar().file("a", "2"),
      "entry-changed",
      "a",
      /content is sha256 6b86b2.*sha256 d4735e/,
    ],
    [
      "type",
      tar().file("a"),
      tar().add({ name: "a", type: "6" }),
      "entry-changed",
      "a",
      /type is file in A and fifo in B/,
    ],
    [
      "target",
      tar().add({ name: "a", type: "2", linkName: "x" }),
      tar().add({ name: "a", type: "2", linkName: "y" }),
      "entry-changed",
      "a",
      /target is x in A and y in B/,
    ],
    [
      "device",
      tar().add({ name: "a", type: "3", deviceMinor: 1 }),
      tar().add({ name: "a", type: "3", deviceMinor: 2 }),
      "entry-changed",
      "a",
      /0:1 in A and 0:2 in B/,
    ],
    [
      "order",
      tar().file("a", "1").file("b", "2"),
      tar().file("b", "2").file("a", "1"),
      "entry-moved",
      "a",
      /entry 2 at byte 1536 of A and entry 3/,
    ],
    ["missing", tar().file("a", "1"), tar(), "entry-missing", "a", /a is in A alone/],
    ["duplicate", tar().file("a").file("a", "1"), tar().file("a"), "entry-duplicate", "a", /once more in A/],
    [
      "implied",
      tar()
        .add({ ...dir, mode: 0o700 })
        .file("d/e"),
      tar().file("d/e"),
      "implied-parent",
      "d",
      /B has none and implies it by d\/e/,
    ],
    ["whiteout", tar().file(".wh.a"), tar().file(".wh.b"), "entry-missing", ".wh.a", /in A alone/],
  ])("%s", async (_, a, b, code, path, message) => {
    const { verdict, causes, entries, blocks, match } = await explain(a, b);
    expect(verdict).toBe("different");
    expect(causes[0]).toMatchObject({ code, path, message: expect.stringMatching(message) });
    expect(causes[0]?.advice).toMatch(/\.$/);
    expect(causes).toHaveLength(1);
    expect(match).toBeUndefined();
    expect(entries?.first?.path).toBe(path);
    expect(blocks?.count).toBeGreaterThan(0);
    expect(blocks?.runs[0]?.firstBlock).toBeGreaterThanOrEqual(0);
  });

  test("the first block that differs is named, down to the field", async () => {
    const { blocks } = await explain(tar().file("a"), tar().file("a", "", { mode: 0o755 }));
    expect(blocks?.count).toBe(1);
    expect(blocks?.runs[0]).toMatchObject({
      a: { kind: "inode-table" },
      aPath: "a",
      detail: { fields: ["mode"], text: expect.stringMatching(/inode 14: mode 0100644 \/ 0100755/) },
    });
  });

  test("the content that differs is named by its file and place in it", async () => {
    const content = new Uint8Array(10_000);
    const { blocks } = await explain(
      tar().file("big", content),
      tar().file(
        "big",
        content.map((_, at) => (at === 9000 ? 1 : 0)),
      ),
    );
    expect(blocks?.runs).toMatchObject([
      { a: { kind: "content", fileBlock: 2 }, aPath: "big", bPath: "big" },
    ]);
  });
});

test("a backslash that would be a folder with another option", async () => {
  const { verdict, causes, match } = await explain(
    tar().add(dir).file("d\\e", "1"),
    tar().add(dir).file("d/e", "1"),
  );
  expect(verdict).toBe("different");
  expect(causes.map(({ code }) => code)).toEqual(["backslash", "entry-missing"]);
  expect(match?.a.convertBackslash).toBe(true);
});

test("a malformed archive is a verdict", async () => {
  const good = tarInput("good.tar", tar().end().bytes());
  const bad = tarInput("bad.tar", tar().file("a", "", { checksum: 1 }).end().bytes());
  const { verdict, causes, a, b } = await explainLayers(good, bad);
  expect(verdict).toBe("malformed");
  expect(a.rootHash).toBeDefined();
  expect(b?.rootHash).toBeUndefined();
  expect(causes).toMatchObject([{ code: "malformed", message: expect.stringMatching(/^bad\.tar: /) }]);
  const link = tarInput("link.tar", tar().add({ name: "l", type: "1", linkName: "gone" }).end().bytes());
  expect((await explainLayer(link)).verdict).toBe("malformed");
});

test("a source that fails is an error, not a verdict", async () => {
  const failing = {
    kind: "tar",
    name: "x",
    open: async function* () {
      yield new Uint8Array(512);
      throw new TypeError("the disk is gone");
    },
  } as const;
  await expect(explainLayer(failing)).rejects.toThrow("the disk is gone");
});

test("one archive alone: its root hash and its warnings", async () => {
  const { verdict, a } = await explainLayer(tarInput("a.tar", tar().file("x/y").end().bytes()));
  expect(verdict).toBe("one");
  expect(a.warnings.warnings.map(({ code, path }) => [code, path])).toEqual([["implied-parent", "x"]]);
  expect(a.entryCount).toBe(3);
});

test("paths are bytes", async () => {
  const name = Uint8Array.of(0xff, 0x61);
  const { causes } = await explain(tar().file(name), tar());
  expect(causes[0]?.path).toBe(latin1FromBytes(name));
  expect(causes[0]?.message).toContain("\\xffa");
});
