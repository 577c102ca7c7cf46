import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { tarEnd, tarHeader, tarPadding, tarType, type WrittenEntry } from "../../src/tar/index.ts";
import { readTar } from "./read-tar.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const plain: WrittenEntry = {
  name: text("a"),
  linkName: new Uint8Array(0),
  type: tarType.file,
  permissions: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 0,
  deviceMajor: 0,
  deviceMinor: 0,
  modifiedAt: { seconds: 0n, nanoseconds: 0 },
  xattrs: [],
};

async function reread(written: WrittenEntry): Promise<unknown> {
  const content = new Uint8Array(written.sizeBytes).fill(7);
  const pieces = [tarHeader(written), content, tarPadding(content.length), tarEnd()];
  const [read, ...more] = await readTar(pieces.filter(({ length }) => length > 0));
  expect(more).toEqual([]);
  expect(read?.content).toEqual(content);
  const { mode, uid, gid, deviceMajor, deviceMinor, ...rest } = read?.entry ?? ({} as never);
  const { offsetBytes: _, paxRecords: __, sparse: ___, ...same } = rest;
  return {
    ...same,
    permissions: Number(mode),
    uid: Number(uid),
    gid: Number(gid),
    deviceMajor: Number(deviceMajor),
    deviceMinor: Number(deviceMinor),
  };
}

async function expectReread(written: WrittenEntry): Promise<void> {
  const times = { accessedAt: undefined, changedAt: undefined };
  expect(await reread(written)).toEqual({ ...times, ...written });
}

describe("what is written reads back", () => {
  test.each<[string, Partial<WrittenEntry>]>([
    ["a plain file", { sizeBytes: 513 }],
    ["a name of 100 bytes", { name: text("n".repeat(100)) }],
    ["a name of 101 bytes", { name: text("n".repeat(101)) }],
    ["a name of 4000 bytes", { name: text("n/".repeat(2000)), type: tarType.directory }],
    ["a name that is no UTF-8", { name: Uint8Array.of(0xff, 0xfe, 0x0a, 0x1b) }],
    ["a target of 101 bytes", { linkName: text("t".repeat(101)), type: tarType.symlink }],
    ["the largest ids in octal", { uid: 0o7777777, gid: 0o7777777 }],
    ["ids beyond them", { uid: 0o10000000, gid: 0xffff_ffff }],
    ["a set-uid bit", { permissions: 0o7777 }],
    ["a device", { type: tarType.characterDevice, deviceMajor: 4095, deviceMinor: 0xf_ffff }],
    ["nanoseconds", { modifiedAt: { seconds: 1_700_000_000n, nanoseconds: 1 } }],
    ["a time before 1970", { modifiedAt: { seconds: -1n, nanoseconds: 0 } }],
    ["half a second before 1970", { modifiedAt: { seconds: -1n, nanoseconds: 500_000_000 } }],
    ["a time that octal cannot hold", { modifiedAt: { seconds: 8n ** 11n, nanoseconds: 0 } }],
    [
      "all three times",
      { accessedAt: { seconds: 1n, nanoseconds: 5 }, changedAt: { seconds: 2n, nanoseconds: 0 } },
    ],
  ])("%s", async (_, more) => {
    await expectReread({ ...plain, ...more });
  });

  test("attributes with any bytes, of lengths around those where the record's own length grows", async () => {
    for (let length = 0; length < 120; length++) {
      const value = Uint8Array.from({ length }, (_, i) => (i * 7) % 256);
      await expectReread({ ...plain, xattrs: [{ name: text("user.a"), value }] });
    }
  });

  test("anything", async () => {
    const bytes = (maxLength: number) =>
      fc.uint8Array({ minLength: 1, maxLength }).map((value) => value.map((byte) => byte || 1));
    const time = fc.record({
      seconds: fc.bigInt({ min: -(2n ** 31n), max: 2n ** 34n }),
      nanoseconds: fc.nat({ max: 999_999_999 }),
    });
    const name = bytes(300).map((value) => Uint8Array.from([0x6e, ...value, 0x6e]));
    const entry = fc.record({
      name,
      permissions: fc.nat({ max: 0o7777 }),
      uid: fc.nat({ max: 0xffff_ffff }),
      gid: fc.nat({ max: 0xffff_ffff }),
      sizeBytes: fc.nat({ max: 2000 }),
      modifiedAt: time,
      accessedAt: time,
      changedAt: time,
    });
    await fc.assert(fc.asyncProperty(entry, (more) => expectReread({ ...plain, ...more })));
  });
});

test.each<[string, Partial<WrittenEntry>]>([
  ["an empty name", { name: new Uint8Array(0) }],
  ["a NUL in the name", { name: Uint8Array.of(0x61, 0) }],
  ["a NUL in the target", { linkName: Uint8Array.of(0) }],
  ["an attribute with a = in its name", { xattrs: [{ name: text("user.a=b"), value: text("c") }] }],
  ["no number of bytes", { sizeBytes: Number.NaN }],
])("%s cannot be written", (_, more) => {
  expect(() => tarHeader({ ...plain, ...more })).toThrow(UsageError);
});
