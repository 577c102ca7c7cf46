/** Where attributes go, how they stand there, and how they are read back. */
import { describe, expect, test } from "vitest";
import { bytesFromLatin1 } from "../../src/bytes/latin1.ts";
import { FormatError } from "../../src/errors.ts";
import {
  readBlockXattrs,
  readInodeXattrs,
  restoreXattrBlock,
  XattrPlacement,
} from "../../src/ext4/compact-xattrs.ts";
import { readStructure } from "../../src/ext4/structure.ts";
import {
  hashXattr,
  joinXattrName,
  splitXattrName,
  XATTR_MAGIC,
  xattrBlockHeaderFields,
  xattrEntryFields,
} from "../../src/ext4/xattr.ts";

const bytes = (text: string): Uint8Array => bytesFromLatin1(text);

test.each([
  ["user.a", 1, "a"],
  ["user.", 1, ""],
  ["trusted.overlay.opaque", 4, "overlay.opaque"],
  ["security.capability", 6, "capability"],
  ["system.data", 7, "data"],
  ["system.posix_acl_access", 2, ""],
  ["system.posix_acl_default", 3, ""],
  ["system.posix_acl_accessory", 2, "ory"],
  ["system.richacl", 8, ""],
  ["foo.bar", 0, "foo.bar"],
  ["User.a", 0, "User.a"],
  ["", 0, ""],
])("the name %j", (name, index, rest) => {
  expect(splitXattrName(name)).toEqual({ index, rest });
  expect(joinXattrName(index, rest)).toBe(name);
});

describe("hashes", () => {
  test("the name alone: shifted by five bits a byte", () => {
    expect(hashXattr(bytes(""), bytes(""))).toBe(0);
    expect(hashXattr(bytes("a"), bytes(""))).toBe(0x61);
    expect(hashXattr(bytes("ab"), bytes(""))).toBe((0x61 << 5) ^ 0x62);
  });

  test("values go in by little-endian words, the last one filled up with zeros", () => {
    expect(hashXattr(bytes(""), Uint8Array.of(1, 2, 3, 4))).toBe(0x04030201);
    expect(hashXattr(bytes(""), Uint8Array.of(1))).toBe(1);
    expect(hashXattr(bytes("a"), Uint8Array.of(1, 0, 0, 0, 2))).toBe(
      // 0x61 << 16 ^ 1, then turned by 16 bits ^ 2.
      ((0x00610001 << 16) ^ (0x00610001 >>> 16) ^ 2) >>> 0,
    );
  });

  test("high bits come around, and bytes above 0x7f are unsigned", () => {
    expect(hashXattr(bytes("\xff".repeat(8)), bytes(""))).toBe(hashOf(new Array(8).fill(255)));
  });
});

/** The kernel's `ext4_xattr_hash_entry` for a name, in big integers. */
function hashOf(name: number[]): number {
  let hash = 0n;
  for (const byte of name) {
    hash = BigInt.asUintN(32, hash << 5n) ^ (hash >> 27n) ^ BigInt(byte);
  }
  return Number(hash);
}

describe("in the inode", () => {
  test("entries from the front, values from the back", () => {
    const placement = new XattrPlacement();
    expect(placement.add("user.ab", bytes("12345"))).toBe(true);
    expect(placement.add("trusted.c", bytes(""))).toBe(true);
    expect(placement.needsBlock).toBe(false);
    const area = placement.inodeArea() as Uint8Array;
    expect(area.length).toBe(104);
    expect(readStructure({ magic: [0, 4] } as const, area).magic).toBe(XATTR_MAGIC);
    expect(readStructure(xattrEntryFields, area, 4)).toEqual({
      nameLength: 2,
      nameIndex: 1,
      // Counted from behind the magic: 100 bytes less a value of 8.
      valueOffset: 92,
      valueInode: 0,
      valueSize: 5,
      hash: hashXattr(bytes("ab"), bytes("12345")),
    });
    expect(readStructure(xattrEntryFields, area, 24)).toMatchObject({ nameLength: 1, valueOffset: 92 });
    expect(area.subarray(96, 104)).toEqual(bytes("12345\0\0\0"));
    expect([...readInodeXattrs(area)]).toEqual([
      ["user.ab", bytes("12345")],
      ["trusted.c", bytes("")],
    ]);
  });

  test("96 bytes fit, a byte more goes to the block, and a smaller one may still fit after it", () => {
    const exact = new XattrPlacement();
    expect(exact.add("user.abcd", new Uint8Array(76))).toBe(true);
    expect([exact.needsArea, exact.needsBlock]).toEqual([true, false]);
    const over = new XattrPlacement();
    expect(over.add("user.abcd", new Uint8Array(77))).toBe(true);
    expect([over.needsArea, over.needsBlock]).toEqual([false, true]);
    expect(over.add("user.b", new Uint8Array(1))).toBe(true);
    expect([...readInodeXattrs(over.inodeArea() as Uint8Array).keys()]).toEqual(["user.b"]);
    expect(exact.inodeArea()).toBeDefined();
  });
});

describe("in a block", () => {
  test("header, entries, values", () => {
    const placement = new XattrPlacement();
    placement.add("user.big", new Uint8Array(100).fill(7));
    const block = placement.block();
    expect(readStructure(xattrBlockHeaderFields, block)).toEqual({
      magic: XATTR_MAGIC,
      referenceCount: 1,
      blocks: 1,
      hash: 0,
      checksum: 0,
      reserved: new Uint8Array(12),
    });
    expect(readStructure(xattrEntryFields, block, 32)).toMatchObject({ valueOffset: 3996, valueSize: 100 });
    expect(restoreXattrBlock(placement.store(block))).toEqual(block);
    expect([...readBlockXattrs(block)]).toEqual([["user.big", new Uint8Array(100).fill(7)]]);
  });

  test("4060 bytes fit, and not one more", () => {
    const valueBytes = 4060 - 16 - 4;
    expect(new XattrPlacement().add("user.abcd", new Uint8Array(valueBytes))).toBe(true);
    expect(new XattrPlacement().add("user.abcd", new Uint8Array(valueBytes + 1))).toBe(false);
    expect(new XattrPlacement().add(`user.${"n".repeat(4044)}`, bytes(""))).toBe(true);
    expect(new XattrPlacement().add(`user.${"n".repeat(4045)}`, bytes(""))).toBe(false);
  });

  test("up to twelve: an insertion sort by the comparison that is none", () => {
    const placement = new XattrPlacement();
    const value = new Uint8Array(97);
    for (const name of ["trusted.a", "user.b", "user.ccc", "user.dd"]) placement.add(name, value);
    expect([...readBlockXattrs(placement.block()).keys()]).toEqual([
      "user.b",
      "user.dd",
      "user.ccc",
      "trusted.a",
    ]);
  });

  test("a block that became empty is a header", () => {
    const block = new XattrPlacement().block();
    expect(block.subarray(12)).toEqual(new Uint8Array(4084));
    expect(readBlockXattrs(block).size).toBe(0);
  });
});

describe("read back as the source reads", () => {
  function block(name: string): Uint8Array {
    const placement = new XattrPlacement();
    placement.add(name, new Uint8Array(100));
    return placement.block();
  }

  test("a name of 239 bytes can be read, one of 240 cannot", () => {
    expect([...readBlockXattrs(block(`user.${"n".repeat(239)}`)).keys()]).toEqual([
      `user.${"n".repeat(239)}`,
    ]);
    expect(() => readBlockXattrs(block(`user.${"n".repeat(240)}`))).toThrow(FormatError);
  });

  test("a name of 256 bytes looks like the end", () => {
    expect(readBlockXattrs(block(`user.${"n".repeat(256)}`)).size).toBe(0);
  });

  test("an empty name looks like the end, and so does what stands behind it", () => {
    const placement = new XattrPlacement();
    placement.add("user.", bytes("1"));
    placement.add("user.b", bytes("2"));
    expect(readInodeXattrs(placement.inodeArea() as Uint8Array).size).toBe(0);
  });

  test("entries led astray by a longer name are refused, never read past the area", () => {
    // The length byte says 3: the next entry would start inside the name.
    const name = `user.${"\xef".repeat(259)}`;
    expect(() => readBlockXattrs(block(name))).toThrow(FormatError);
  });
});
