/** The rules one by one: what a header or a record says, and what comes of it. */
import { describe, expect, test } from "vitest";
import { tarType } from "../../src/tar/index.ts";
import { readTar } from "./read-tar.ts";
import { entryOf, only, refusal, text } from "./reader-outcome.ts";
import { base256, TarBuilder, toBytes } from "./tar-builder.ts";

describe("numbers", () => {
  test.each([
    ["0000644\0", 0o644n],
    ["  644 \0\0", 0o644n],
    ["", 0n],
    ["        ", 0n],
    ["17\x0099", 0o17n],
    ["77777777", 0o77777777n],
    [base256(2n ** 62n - 1n, 8), 2n ** 62n - 1n],
    [base256(-1, 8), -1n],
    [base256(-(2n ** 61n), 8), -(2n ** 61n)],
    [base256(0xffff_ffff, 8), 0xffff_ffffn],
  ])("a uid of %j is %d", async (uid, expected) => {
    expect((await entryOf({ uid })).uid).toBe(expected);
  });

  test.each(["8", "-1", "0x1", "1 2", "+1"])("a uid of %j is refused, and where", async (uid) => {
    const { code, at } = await refusal(new TarBuilder().file("before", "x").file("name", "", { uid }));
    expect({ code, at }).toEqual({
      code: "bad-field",
      at: { offsetBytes: 1024 + 108, field: "uid", path: "name" },
    });
  });

  test("a time beyond 64 bits is refused, the last one below is not", async () => {
    const last = base256(2n ** 63n - 1n, 12);
    expect((await entryOf({ mtime: last })).modifiedAt).toEqual({ seconds: 2n ** 63n - 1n, nanoseconds: 0 });
    expect((await refusal(new TarBuilder().add({ mtime: base256(2n ** 63n, 12) }))).at.field).toBe(
      "modifiedAt",
    );
  });
});

describe("formats", () => {
  test("ustar has a prefix, the oldest form neither prefix nor devices", async () => {
    const input = { name: "b", prefix: "a", type: "3", deviceMajor: 5, deviceMinor: 1 } as const;
    const ustar = await entryOf(input);
    expect([text(ustar.name), ustar.deviceMajor, ustar.deviceMinor]).toEqual(["a/b", 5n, 1n]);
    const v7 = await entryOf({ ...input, format: "v7" });
    expect([text(v7.name), v7.deviceMajor, v7.deviceMinor]).toEqual(["b", 0n, 0n]);
  });

  test("GNU and STAR headers have times; a blank one in GNU's is none, in STAR's 0", async () => {
    const gnu = await entryOf({ format: "gnu", atime: 5, ctime: "" });
    expect([gnu.accessedAt, gnu.changedAt]).toEqual([{ seconds: 5n, nanoseconds: 0 }, undefined]);
    const star = await entryOf({ format: "star", atime: 5, prefix: "p", name: "n" });
    expect([star.accessedAt?.seconds, star.changedAt?.seconds, text(star.name)]).toEqual([5n, 0n, "p/n"]);
  });

  test("what is no time in a GNU header is a prefix, if it is ASCII", async () => {
    const read = (prefix: string | Uint8Array) =>
      entryOf({ format: "gnu", name: "n", patch: [[345, prefix]] });
    expect(text((await read("dir")).name)).toBe("dir/n");
    expect(text((await read("dür")).name)).toBe("n");
  });

  test("a checksum over signed bytes holds too", async () => {
    const name = Uint8Array.of(0xe4, 0xff);
    expect((await entryOf({ name, checksum: "signed" })).name).toEqual(name);
    expect((await entryOf({ name })).name).toEqual(name);
    const { code, at } = await refusal(new TarBuilder().add({ name, checksum: 1 }));
    expect({ code, at }).toEqual({ code: "bad-magic", at: { offsetBytes: 148, field: "checksum" } });
  });
});

describe("types", () => {
  test.each([
    ["f", tarType.file],
    ["d/", tarType.directory],
  ])("a type of NUL with the name %s", async (name, type) => {
    expect((await entryOf({ name, type: "\0" })).type).toBe(type);
  });

  test.each(["1", "2", "3", "4", "5", "6"])(
    "type %s has no content, whatever its size says",
    async (type) => {
      const tar = new TarBuilder()
        .add({ name: "a", type, size: 5000 })
        .add({ name: "b", type, size: -1 })
        .file("c");
      const entries = await readTar([tar.end().bytes()]);
      expect(entries.map(({ entry }) => [text(entry.name), entry.sizeBytes])).toEqual([
        ["a", 0],
        ["b", 0],
        ["c", 0],
      ]);
    },
  );

  test("any other letter is handed on with its content", async () => {
    const { entry, content } = await only(new TarBuilder().file("a", "content", { type: "Z" }));
    expect([entry.type, text(content)]).toEqual([0x5a, "content"]);
  });
});

describe("PAX records", () => {
  test.each([
    ["1.5", { seconds: 1n, nanoseconds: 500_000_000 }],
    ["1.1234567899", { seconds: 1n, nanoseconds: 123_456_789 }],
    ["-1.25", { seconds: -2n, nanoseconds: 750_000_000 }],
    ["-0.5", { seconds: -1n, nanoseconds: 500_000_000 }],
    ["7.", { seconds: 7n, nanoseconds: 0 }],
    ["+7", { seconds: 7n, nanoseconds: 0 }],
    ["-9223372036854775808.5", { seconds: 9223372036854775807n, nanoseconds: 500_000_000 }],
    ["-62135596800", undefined],
    ["", { seconds: 99n, nanoseconds: 0 }],
  ])("a time of %j", async (mtime, expected) => {
    expect((await entryOf({ mtime: 99, pax: { mtime } })).modifiedAt).toEqual(expected);
  });

  test.each(["x", "-", ".5", "1.x", "1.5.5", "9223372036854775808", "1e3"])(
    "a time of %j is refused",
    async (atime) => {
      expect((await refusal(new TarBuilder().add({ pax: { atime } }))).at.field).toBe("atime");
    },
  );

  test("override the header, the last of a key counts, and they act on one entry", async () => {
    const pax = [
      ["path", "other"],
      ["path", "long/name"],
      ["uid", "-5"],
      ["gid", "9007199254740993"],
      ["size", "2"],
    ] as const;
    const tar = new TarBuilder().add({ name: "short", pax, size: 0, content: "ab" }).file("next", "c");
    const [first, second] = await readTar([tar.end().bytes()]);
    expect(text(first?.entry.name as Uint8Array)).toBe("long/name");
    expect([first?.entry.uid, first?.entry.gid, text(first?.content as Uint8Array)]).toEqual([
      -5n,
      9007199254740993n,
      "ab",
    ]);
    expect([text(second?.entry.name as Uint8Array), second?.entry.paxRecords.size]).toEqual(["next", 0]);
  });

  test("attributes are bytes; empty ones stay, other prefixes do not count", async () => {
    const value = Uint8Array.of(0, 255, 10, 61);
    const name = Uint8Array.of(...toBytes("SCHILY.xattr."), 0xff);
    const pax = [
      ["SCHILY.xattr.user.a", value],
      [name, "x"],
      ["SCHILY.xattr.user.e", ""],
      ["LIBARCHIVE.xattr.b", "c"],
    ] as const;
    const { xattrs, paxRecords } = await entryOf({ pax });
    expect(xattrs).toEqual([
      { name: toBytes("user.a"), value },
      { name: Uint8Array.of(0xff), value: toBytes("x") },
      { name: toBytes("user.e"), value: new Uint8Array() },
    ]);
    expect(paxRecords.size).toBe(4);
  });

  test("names of properties are names like any other", async () => {
    const { paxRecords } = await entryOf({
      pax: [
        ["__proto__", "a"],
        ["constructor", "b"],
      ],
    });
    expect([...paxRecords.keys()]).toEqual(["__proto__", "constructor"]);
  });

  test.each([
    ["no length", "x path=a\n"],
    ["a length that is too short", "4 a=\n"],
    ["a length beyond the header", "99 path=a\n"],
    ["no newline", "8 path=a"],
    ["a length that ends before its own space", "  11 path=ab\n"],
    ["no key", "5 =a\n"],
    ["no equals sign", "7 path\n"],
    ["a NUL in a path", "10 path=\0\n"],
    ["a NUL in a key", "8 a\0b=c\n"],
    ["NULs behind the last record", "6 a=b\n\0\0"],
    ["an offset without its length", "24 GNU.sparse.numbytes=1\n"],
  ])("with %s are refused", async (_what, content) => {
    const { code } = await refusal(new TarBuilder().add({ type: "x", content }).file("a"));
    expect(code).toBe("bad-field");
  });

  test("of a global header are its own", async () => {
    const tar = new TarBuilder()
      .global({ uid: "7", comment: "c" })
      .file("a")
      .global({ path: "named" }, { uid: 5 });
    const entries = (await readTar([tar.end().bytes()])).map(({ entry }) => entry);
    expect(
      entries.map(({ name, type, uid, modifiedAt }) => [text(name), type, uid, modifiedAt === undefined]),
    ).toEqual([
      ["pax_global_header", tarType.globalHeader, 0n, true],
      ["a", tarType.file, 0n, false],
      ["named", tarType.globalHeader, 0n, true],
    ]);
  });
});

test("GNU's long names win over PAX paths, and end at a NUL", async () => {
  const input = {
    longName: `${"n".repeat(300)}\0rest`,
    longLink: "target",
    pax: { path: "pax", linkpath: "other" },
  };
  const { name, linkName, offsetBytes } = await entryOf(input);
  expect([text(name), text(linkName), offsetBytes]).toEqual(["n".repeat(300), "target", 0]);
});
