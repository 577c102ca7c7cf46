/** Every structure's fields lie side by side, without gap or overlap, up to its size. */
import { expect, test } from "vitest";
import { directoryEntryFields } from "../../src/ext4/directory-entry.ts";
import { extentHeaderFields, extentIndexFields, extentLeafFields } from "../../src/ext4/extent.ts";
import { groupDescriptorFields, groupDescriptorHighFields } from "../../src/ext4/group-descriptor.ts";
import { inodeFields } from "../../src/ext4/inode.ts";
import { type Fields, readField, readStructure, writeStructure } from "../../src/ext4/structure.ts";
import { superblockFields } from "../../src/ext4/superblock.ts";
import { xattrBlockHeaderFields, xattrEntryFields } from "../../src/ext4/xattr.ts";

const structures: [name: string, fields: Fields, startBytes: number, endBytes: number][] = [
  ["superblock", superblockFields, 0, 1024],
  ["group descriptor", groupDescriptorFields, 0, 32],
  ["group descriptor's upper half", groupDescriptorHighFields, 32, 64],
  ["inode", inodeFields, 0, 160],
  ["extent header", extentHeaderFields, 0, 12],
  ["extent leaf", extentLeafFields, 0, 12],
  ["extent index", extentIndexFields, 0, 12],
  ["directory entry", directoryEntryFields, 0, 8],
  ["xattr block header", xattrBlockHeaderFields, 0, 32],
  ["xattr entry", xattrEntryFields, 0, 16],
];

test.each(structures)("%s: no gap, no overlap", (_, fields, startBytes, endBytes) => {
  let end = startBytes;
  for (const [name, [offset, size]] of Object.entries(fields)) {
    expect([name, offset]).toEqual([name, end]);
    end = offset + size;
  }
  expect(end).toBe(endBytes);
});

test.each(structures)("%s: what is written is read", (_, fields, __, endBytes) => {
  const bytes = new Uint8Array(endBytes + 3).map((_, i) => (i * 37 + 11) & 0xff);
  const copy = new Uint8Array(endBytes + 3);
  const start = Object.values(fields)[0]?.[0] ?? 0;
  copy.set(bytes.subarray(0, 3 + start));
  const values = readStructure(fields, bytes, 3);
  writeStructure(fields, values, copy, 3);
  expect(copy).toEqual(bytes);
});

test("offsets are the kernel's", () => {
  // Those that Linux's fs/ext4/ext4.h gives in its comments.
  expect(superblockFields.magic).toEqual([0x38, 2]);
  expect(superblockFields.hashSeed).toEqual([0xec, 16]);
  expect(superblockFields.minExtraIsize).toEqual([0x15c, 2]);
  expect(superblockFields.mmpBlock).toEqual([0x168, 8]);
  expect(superblockFields.logGroupsPerFlex).toEqual([0x174, 1]);
  expect(superblockFields.checksumSeed).toEqual([0x270, 4]);
  expect(superblockFields.checksum).toEqual([0x3fc, 4]);
  expect(inodeFields.block).toEqual([0x28, 60]);
  expect(inodeFields.extraIsize).toEqual([0x80, 2]);
});

test("a field outside the bytes is our bug, not undefined", () => {
  for (const size of [1, 2, 4]) {
    expect(() => readField(new Uint8Array(8), 8, [0, size])).toThrow(/8/);
  }
});
