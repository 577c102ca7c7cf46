import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffEntries } from "../../../src/layer/explain/entry-difference.ts";
import type { NameRules } from "../../../src/layer/explain/entry-record.ts";
import { tarType } from "../../../src/tar/tar-entry.ts";
import { type EntrySketch, records } from "./records.ts";

const rules: NameRules = { convertWhiteout: true, convertBackslash: false };
type Sketch = EntrySketch | string;

function diff(a: readonly Sketch[], b: readonly Sketch[], names: NameRules = rules) {
  return diffEntries(records(...a), records(...b), names);
}

describe("entries alike", () => {
  test.each<[string, Sketch[], Sketch[]]>([
    ["nothing", [], []],
    ["the same", ["a/", "a/b"], ["a/", "a/b"]],
    ["names that clean to one path", ["./a", "b/../c"], ["/a/", "c"].map((name) => name.replace(/\/$/, ""))],
    [
      "what nothing is made from",
      [{ name: "a", paxRecords: new Map([["comment", new Uint8Array(3)]]), sparse: true }],
      ["a"],
    ],
    ["metadata of a whiteout", [{ name: ".wh.a", mode: 0o600n, uid: 5n }], [".wh.a"]],
    [
      "metadata of a hard link",
      ["a", { name: "b", type: tarType.hardLink, linkName: "./a", uid: 3n }],
      ["a", { name: "b", type: tarType.hardLink, linkName: "a" }],
    ],
    ["no time and 1970", [{ name: "a", accessedAt: { seconds: 0n, nanoseconds: 0 } }], ["a"]],
    [
      "times after 2446",
      [{ name: "a", modifiedAt: { seconds: 0x380000000n, nanoseconds: 0 } }],
      [{ name: "a", modifiedAt: { seconds: 0x390000000n, nanoseconds: 7 } }],
    ],
    ["uids of 2^32 apart", [{ name: "a", uid: 2n ** 32n + 5n }], [{ name: "a", uid: 5n }]],
    ["an unknown type", [{ name: "a", type: 0x5a }], ["a"]],
    ["the mode of a symlink", [symlink("a", "x", 0o644n)], [symlink("a", "x", 0o755n)]],
  ])("%s", (_, a, b) => {
    expect(diff(a, b)).toEqual({
      first: undefined,
      counts: { changed: 0, moved: 0, onlyInA: 0, onlyInB: 0 },
      differences: [],
    });
  });
});

describe("one field", () => {
  const time = (seconds: bigint, nanoseconds: number) => ({ seconds, nanoseconds });
  test.each<[string, EntrySketch, EntrySketch, string | undefined, string | undefined]>([
    ["type", { name: "a" }, { name: "a", type: tarType.fifo }, "file", "fifo"],
    ["size", { name: "a", digest: 1 }, { name: "a", digest: 2, sizeBytes: 2 }, "1 bytes", "2 bytes"],
    [
      "content",
      { name: "a", digest: 1 },
      { name: "a", digest: 2 },
      `sha256 ${"01".repeat(32)}`,
      `sha256 ${"02".repeat(32)}`,
    ],
    ["linkTarget", symlink("a", "x"), symlink("a", "./x"), "x", "./x"],
    ["device", device("a", 1n, 3n), device("a", 1n, 5n), "1:3", "1:5"],
    ["mode", { name: "a" }, { name: "a", mode: 0o4755n }, "00644", "04755"],
    ["uid", { name: "a" }, { name: "a", uid: 1000n }, "0", "1000"],
    ["gid", { name: "a" }, { name: "a", gid: 1000n }, "0", "1000"],
    [
      "modifiedAt",
      { name: "a", modifiedAt: time(1n, 0) },
      { name: "a", modifiedAt: time(1n, 1) },
      "1970-01-01T00:00:01Z",
      "1970-01-01T00:00:01.000000001Z",
    ],
    ["accessedAt", { name: "a" }, { name: "a", accessedAt: time(5n, 0) }, "absent", "1970-01-01T00:00:05Z"],
    ["changedAt", { name: "a", changedAt: time(-5n, 0) }, { name: "a" }, "1969-12-31T23:59:55Z", "absent"],
    ["xattr", { name: "a", xattrs: { "user.k": "v" } }, { name: "a" }, "v", undefined],
  ])("%s", (name, a, b, textA, textB) => {
    const { first, counts } = diff(["x", a], ["x", b]);
    expect(counts).toEqual({ changed: 1, moved: 0, onlyInA: 0, onlyInB: 0 });
    expect(first).toMatchObject({ kind: "changed", path: "a", a: { index: 1 }, b: { index: 1 } });
    expect(first?.fields).toMatchObject([{ name, a: textA, b: textB }]);
  });

  test("a xattr is told by its name", () => {
    const [a, b] = [
      { name: "a", xattrs: { "user.k": "v", "user.l": "1" } },
      { name: "a", xattrs: { "user.l": "2" } },
    ];
    expect(diff([a], [b]).first?.fields.map(({ xattr }) => new TextDecoder().decode(xattr))).toEqual([
      "user.k",
      "user.l",
    ]);
  });
});

describe("order and presence", () => {
  test("an entry moved behind others is the one that moved", () => {
    const { first, counts } = diff(["a", "b", "c", "d"], ["b", "c", "d", "a"]);
    expect(counts).toEqual({ changed: 0, moved: 1, onlyInA: 0, onlyInB: 0 });
    expect(first).toMatchObject({ kind: "moved", path: "a", a: { index: 0 }, b: { index: 3 } });
  });

  test("an entry moved to the front is the first difference too", () => {
    const { first, counts } = diff(["a", "b", "c", "d"], ["d", "a", "b", "c"]);
    expect(counts.moved).toBe(1);
    expect(first).toMatchObject({ kind: "moved", path: "d", a: { index: 3 }, b: { index: 0 } });
  });

  test("a folder that the other archive only implies", () => {
    const { first } = diff(["usr/", "usr/bin/", "usr/bin/x"], ["usr/", "usr/bin/x"]);
    expect(first).toMatchObject({
      kind: "only-in-a",
      path: "usr/bin",
      reason: "implied-parent",
      needed: { index: 1 },
    });
  });

  test("a further entry of a path", () => {
    const { first } = diff(["a", "b"], ["a", "b", "a"]);
    expect(first).toMatchObject({ kind: "only-in-b", path: "a", b: { index: 2 }, reason: "duplicate" });
  });

  test("rules decide what a name means", () => {
    expect(diff(["a\\b"], ["a/b"], { ...rules, convertBackslash: true }).first).toBeUndefined();
    expect(diff(["a\\b"], ["a/b"]).counts).toMatchObject({ onlyInA: 1, onlyInB: 1 });
    const names = [
      { name: ".wh.x", mode: 0n },
      { name: ".wh.x", mode: 1n },
    ] as const;
    expect(diff([names[0]], [names[1]]).first).toBeUndefined();
    expect(diff([names[0]], [names[1]], { ...rules, convertWhiteout: false }).first).toBeDefined();
  });

  test("the list ends at its limit, the counts do not", () => {
    const found = diffEntries(records("a", "b", "c"), [], rules, 2);
    expect(found.differences).toHaveLength(2);
    expect(found.counts.onlyInA).toBe(3);
  });
});

test("lists that differ have a first difference, and it is one", () => {
  const sketch = fc.record({
    name: fc.constantFrom("a", "b", "c", "d/e", "d/"),
    mode: fc.constantFrom(1n, 2n),
  });
  const list = fc.array(sketch, { maxLength: 7 });
  const shape = (side: readonly EntrySketch[]) =>
    side.map(({ name, mode }) => `${name.replace(/\/$/, "")} ${mode}`);
  fc.assert(
    fc.property(list, list, (a, b) => {
      const { first, counts } = diff(a, b);
      const alike = shape(a).join() === shape(b).join();
      expect(first === undefined).toBe(alike);
      const all = counts.changed + counts.moved + counts.onlyInA + counts.onlyInB;
      expect(all > 0).toBe(!alike);
      if (first === undefined) return;
      const parts = shape(a).findIndex((text, index) => text !== shape(b)[index]);
      const place = parts < 0 ? Math.min(a.length, b.length) : parts;
      expect([first.a?.index, first.b?.index]).toContain(place);
      if (first.kind === "moved") expect(first.a?.index).not.toBe(first.b?.index);
      if (first.kind === "changed") expect(first.fields).not.toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

function symlink(name: string, linkName: string, mode = 0o777n): EntrySketch {
  return { name, type: tarType.symlink, linkName, mode };
}

function device(name: string, deviceMajor: bigint, deviceMinor: bigint): EntrySketch {
  return { name, type: tarType.characterDevice, deviceMajor, deviceMinor };
}
