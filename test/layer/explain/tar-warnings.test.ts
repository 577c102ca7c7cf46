import { describe, expect, test } from "vitest";
import type { NameRules } from "../../../src/layer/explain/entry-record.ts";
import { tarWarnings } from "../../../src/layer/explain/tar-warnings.ts";
import { warningAdvice } from "../../../src/layer/explain/warning.ts";
import { type TarTime, tarType } from "../../../src/tar/tar-entry.ts";
import { type EntrySketch, records } from "./records.ts";

const rules: NameRules = { convertWhiteout: true, convertBackslash: false };
const at = (seconds: bigint, nanoseconds = 0): TarTime => ({ seconds, nanoseconds });
const bytes = new TextEncoder();

function warn(sketches: readonly (EntrySketch | string)[], names: NameRules = rules) {
  const { counts, warnings } = tarWarnings(records(...sketches), names);
  for (const { code } of warnings) expect(warningAdvice[code]).toMatch(/\.$/);
  expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(warnings.length);
  return warnings;
}

/** Attributes that take 36 bytes each: two fit an inode. */
const xattrs = (count: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, n) => [`user.${String(n).padStart(3, "0")}`, "0123456789abcdef"]),
  );

describe("one entry", () => {
  test.each<[string, EntrySketch, string, RegExp]>([
    [
      "before 1901",
      { name: "a", modifiedAt: at(-(2n ** 31n) - 1n) },
      "time-before-1901",
      /becomes 1901-12-13T20:45:52Z/,
    ],
    [
      "before 1970",
      { name: "a", modifiedAt: at(-1n, 5) },
      "time-before-1970",
      /shows 2378-04-22T19:24:48\.073741823Z/,
    ],
    [
      "2038",
      { name: "a", accessedAt: at(2n ** 31n, 7) },
      "time-after-2038",
      /accessed 2038.* shows 1901-12-13T20:45:52\.000000007Z/,
    ],
    ["2200", { name: "a", changedAt: at(0x1_8000_0000n) }, "time-after-2038", /changed 2174.* shows 2038/],
    ["2500", { name: "a", modifiedAt: at(2n ** 34n) }, "time-after-2446", /becomes 2446-05-10T22:38:55Z/],
    ["ACL", { name: "a", xattrs: { "system.posix_acl_access": "x" } }, "acl", /EINVAL/],
    [
      "global header",
      {
        name: "pax_global_header",
        type: tarType.globalHeader,
        paxRecords: new Map([["mtime", bytes.encode("5")]]),
      },
      "global-header",
      /empty file.*\(mtime\)/,
    ],
    ["type", { name: "a", type: 0x56 }, "unknown-type", /"V".*regular file/],
    ["empty symlink", { name: "a", type: tarType.symlink }, "empty-symlink", /EUCLEAN/],
    [
      "long symlink",
      { name: "a", type: tarType.symlink, linkName: "x".repeat(4096) },
      "long-symlink",
      /4096 bytes/,
    ],
    [
      "records",
      { name: "a", paxRecords: new Map([["LIBARCHIVE.xattr.user.k", bytes.encode("dg")]]) },
      "ignored-record",
      /LIBARCHIVE\.xattr\.user\.k/,
    ],
    ["aufs", { name: ".wh..wh.plnk", type: tarType.directory }, "odd-whiteout", /whiteout of \.wh\.plnk/],
    ["uid", { name: "a", uid: 2n ** 32n + 7n }, "number-cut", /uid 4294967303, which becomes 7/],
    ["gid", { name: "a", gid: -1n }, "number-cut", /gid -1, which becomes 4294967295/],
    ["device", { name: "a", type: tarType.blockDevice, deviceMajor: 4096n }, "number-cut", /4096:0/],
    ["name", { name: "a\u001b[0m" }, "name-unprintable", /do not show/],
    ["backslash", { name: "a\\x41" }, "name-backslash", /stays part of it/],
    ["dots", { name: "a/../b" }, "name-dot-dot", /a\/\.\.\/b/],
    ["many xattrs", { name: "a", xattrs: xattrs(15) }, "xattr-order", /13 attributes/],
  ])("%s", (_, sketch, code, message) => {
    const warnings = warn([sketch]).filter((warning) => warning.code !== "implied-parent");
    expect(warnings).toEqual([
      { code, path: expect.any(String), offsetBytes: 0, message: expect.stringMatching(message) },
    ]);
  });

  test.each<[string, EntrySketch | string]>([
    ["plain", "a"],
    ["last second of 2037", { name: "a", modifiedAt: at(2n ** 31n - 1n) }],
    ["a time that Linux reads right though late", { name: "a", modifiedAt: at(2n ** 32n) }],
    ["the last time of all", { name: "a", modifiedAt: at(0x37fffffffn, 999_999_999) }],
    [
      "records that are applied",
      { name: "a", paxRecords: new Map([["SCHILY.xattr.user.k", bytes.encode("v")]]) },
    ],
    ["metadata of a whiteout", { name: ".wh.a", modifiedAt: at(-5n), uid: -1n }],
    ["metadata of a hard link", { name: "b", type: tarType.hardLink, linkName: "a", modifiedAt: at(-5n) }],
    ["an opaque marker", ".wh..wh..opq"],
    ["UTF-8", "naïve 文件"],
    ["14 xattrs", { name: "a", xattrs: xattrs(14) }],
  ])("nothing to say: %s", (_, sketch) => {
    expect(warn([sketch])).toEqual([]);
  });

  test("a backslash that separates is no part of a name", () => {
    expect(warn(["a/", "a\\b"], { ...rules, convertBackslash: true })).toEqual([]);
  });
});

describe("several entries", () => {
  test("each implied folder once, outermost first, at the entry that needed it", () => {
    const warnings = warn(["a/", "a/b/c/d", "a/b/c/e", "a/b/f/g"]);
    expect(warnings.map(({ code, path, offsetBytes }) => [code, path, offsetBytes])).toEqual([
      ["implied-parent", "a/b", 512],
      ["implied-parent", "a/b/c", 512],
      ["implied-parent", "a/b/f", 1536],
    ]);
    expect(warnings[0]?.message).toMatch(/a\/b\/c\/d/);
  });

  test("a path that comes twice", () => {
    expect(warn(["a", "./a"]).map(({ code, offsetBytes }) => [code, offsetBytes])).toEqual([
      ["entry-twice", 512],
    ]);
  });

  test.each<[string, readonly (EntrySketch | string)[], string[]]>([
    ["lost", [{ name: "d/", xattrs: xattrs(4) }, "d/"], ["entry-twice", "xattr-lost"]],
    [
      "said again",
      [
        { name: "d/", xattrs: xattrs(4) },
        { name: "d/", xattrs: xattrs(4) },
      ],
      ["entry-twice"],
    ],
    ["in the inode", [{ name: "d/", xattrs: xattrs(2) }, "d/"], ["entry-twice"]],
    ["kept by a marker", [{ name: "d/", xattrs: xattrs(4) }, "d/.wh..wh..opq"], []],
    [
      "kept by a second name",
      [{ name: "a", xattrs: xattrs(4) }, { name: "b", type: tarType.hardLink, linkName: "a" }, "a"],
      ["entry-twice"],
    ],
    [
      "merged past the inode's space",
      [
        { name: "d/", xattrs: xattrs(2) },
        { name: "d/", xattrs: Object.fromEntries(Object.entries(xattrs(15)).slice(2)) },
      ],
      ["entry-twice", "xattr-order"],
    ],
  ])("attributes that are %s", (_, sketches, codes) => {
    expect(warn(sketches).map(({ code }) => code)).toEqual(codes);
  });

  test("each kind is listed up to the limit, and counted beyond", () => {
    const sketches = Array.from({ length: 5 }, (_, n) => ({ name: `d${n}\\` }));
    const { counts, warnings } = tarWarnings(records(...sketches), rules, 2);
    expect(counts).toEqual(new Map([["name-backslash", 5]]));
    expect(warnings).toHaveLength(2);
  });
});
