/**
 * What differs between two blocks that are the same structure, field by field,
 * so that one byte more in an inode table becomes "the time of /etc".
 */
import { isZero } from "../../bytes/codec.ts";
import { bytesFromLatin1 } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import { GROUP_DESCRIPTOR_SIZE_BYTES, groupDescriptorFields } from "../../ext4/group-descriptor.ts";
import { INODE_BASE_SIZE_BYTES, inodeFields } from "../../ext4/inode.ts";
import { type Fields, fieldBytes, readField } from "../../ext4/structure.ts";
import { EXT4_SUPERBLOCK_OFFSET_BYTES, superblockFields } from "../../ext4/superblock.ts";
import { decodeKernelTime } from "../../ext4/timestamp.ts";
import { joinXattrName, XATTR_ENTRY_HEADER_BYTES, xattrEntryFields } from "../../ext4/xattr.ts";
import type { BlockMap } from "./block-map.ts";
import type { BlockOwner } from "./image-blocks.ts";
import { directoryNames } from "./inode-paths.ts";
import { timeText } from "./time-text.ts";

/** The first thing that differs between two blocks. */
export interface StructureDifference {
  /** The field's own name in the on-disk structure, where it is one. */
  readonly fields: readonly string[];
  /** For people: what differs and how, without the block it is in. */
  readonly text: string;
  /** The inode that it is about, where there is one. */
  readonly inode: number | undefined;
}

/**
 * What differs first between two blocks of one owner; undefined where nothing can be said beyond the owner.
 *
 * @param map of either side: what is asked of it is the same on both.
 */
export function structureDifference(
  owner: BlockOwner,
  block: number,
  a: Uint8Array,
  b: Uint8Array,
  map: BlockMap,
): StructureDifference | undefined {
  switch (owner.kind) {
    case "superblock":
      return superblockDifference(a, b);
    case "descriptors":
      return descriptorDifference(a, b, block);
    case "inode-table":
      return inodeDifference(a, b, block, map);
    case "block-bitmap":
    case "inode-bitmap":
      return bitmapDifference(owner.kind, owner.group, a, b, map);
    case "directory":
      return directoryDifference(a, b, owner.inode);
    case "xattrs":
      return xattrDifference(a, b, owner.inode);
    default:
      return undefined;
  }
}

/** The fields of a structure that differ. */
export function differingFields(fields: Fields, a: Uint8Array, b: Uint8Array, startBytes: number): string[] {
  return Object.entries(fields)
    .filter(([, field]) => {
      const left = fieldBytes(a, startBytes, field);
      const right = fieldBytes(b, startBytes, field);
      return left.some((byte, index) => byte !== right[index]);
    })
    .map(([name]) => name);
}

function superblockDifference(a: Uint8Array, b: Uint8Array): StructureDifference | undefined {
  const fields = differingFields(superblockFields, a, b, EXT4_SUPERBLOCK_OFFSET_BYTES);
  if (fields.length === 0) return undefined;
  const text = fields.map((name) => numbers(superblockFields, name, a, b, EXT4_SUPERBLOCK_OFFSET_BYTES));
  return { fields, text: text.join(", "), inode: undefined };
}

function descriptorDifference(a: Uint8Array, b: Uint8Array, block: number): StructureDifference | undefined {
  const start = floorTo(firstDifference(a, b), GROUP_DESCRIPTOR_SIZE_BYTES);
  const group = ((block - 1) * a.length + start) / GROUP_DESCRIPTOR_SIZE_BYTES;
  const fields = differingFields(groupDescriptorFields, a, b, start);
  const text = fields.map((name) => numbers(groupDescriptorFields, name, a, b, start));
  return { fields, text: `descriptor of group ${group}: ${text.join(", ")}`, inode: undefined };
}

function inodeDifference(
  a: Uint8Array,
  b: Uint8Array,
  block: number,
  map: BlockMap,
): StructureDifference | undefined {
  const { inodeSizeBytes } = map.shape;
  const start = floorTo(firstDifference(a, b), inodeSizeBytes);
  const range = map.at(block);
  if (range.owner.kind !== "inode-table") return undefined;
  const offset = (block - range.firstBlock) * a.length + start;
  const inode = range.owner.firstInode + offset / inodeSizeBytes;
  const left = a.subarray(start, start + inodeSizeBytes);
  const right = b.subarray(start, start + inodeSizeBytes);
  const changes = inodeChanges(left, right);
  const fields = changes.map(({ name }) => name);
  const text = changes.map(({ name, a: ofA, b: ofB }) => (ofA === "" ? name : `${name} ${ofA} / ${ofB}`));
  return { fields, text: `inode ${inode}: ${text.join(", ")}`, inode };
}

/** A field of two inodes that differs; texts are empty where bytes are all that there is. */
export interface InodeChange {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** The fields of two inodes that differ, those of one number or time taken together. */
export function inodeChanges(a: Uint8Array, b: Uint8Array): InodeChange[] {
  if (firstDifference(a, b) === a.length) return [];
  if (isZero(a) || isZero(b)) return [{ name: "use", a: inUse(a), b: inUse(b) }];
  const changes = inodeWords.flatMap(({ name, read }) => {
    const [left, right] = [read(a), read(b)];
    return left === right ? [] : [{ name, a: left, b: right }];
  });
  if (differingFields({ block: inodeFields.block }, a, b, 0).length > 0)
    changes.push({ name: "block", a: "", b: "" });
  const restStart = a.length > INODE_BASE_SIZE_BYTES ? xattrAreaStart : a.length;
  if (a.subarray(restStart).some((byte, index) => byte !== b[restStart + index])) {
    changes.push({ name: "xattrs", a: "", b: "" });
  }
  return changes.length > 0 ? changes : [{ name: "bytes", a: "", b: "" }];
}

const xattrAreaStart = 152;

interface InodeWord {
  readonly name: string;
  readonly read: (inode: Uint8Array) => string;
}

const inodeWords: readonly InodeWord[] = [
  { name: "mode", read: (bytes) => `0${readField(bytes, 0, inodeFields.mode).toString(8)}` },
  wide("uid", "uidLow", "uidHigh", 16),
  wide("gid", "gidLow", "gidHigh", 16),
  wide("size", "sizeLow", "sizeHigh", 32),
  { name: "linkCount", read: (bytes) => String(readField(bytes, 0, inodeFields.linksCount)) },
  time("modifiedAt", "modificationTime", "modificationTimeExtra"),
  time("accessedAt", "accessTime", "accessTimeExtra"),
  time("changedAt", "changeTime", "changeTimeExtra"),
  time("createdAt", "creationTime", "creationTimeExtra"),
  { name: "flags", read: (bytes) => `0x${readField(bytes, 0, inodeFields.flags).toString(16)}` },
  wide("blocks", "blocksCountLow", "blocksCountHigh", 32),
  wide("xattrBlock", "xattrBlockLow", "xattrBlockHigh", 32),
  { name: "generation", read: (bytes) => String(readField(bytes, 0, inodeFields.generation)) },
];

function wide(
  name: string,
  low: keyof typeof inodeFields,
  high: keyof typeof inodeFields,
  bits: number,
): InodeWord {
  const read = (bytes: Uint8Array): string =>
    String(readField(bytes, 0, inodeFields[low]) + readField(bytes, 0, inodeFields[high]) * 2 ** bits);
  return { name, read };
}

function time(name: string, low: keyof typeof inodeFields, extra: keyof typeof inodeFields): InodeWord {
  const read = (bytes: Uint8Array): string => {
    // An inode of 128 bytes has no more than the seconds.
    const hasExtra = bytes.length > INODE_BASE_SIZE_BYTES;
    if (!hasExtra && inodeFields[low][0] >= INODE_BASE_SIZE_BYTES) return "";
    const words = {
      low: readField(bytes, 0, inodeFields[low]),
      extra: hasExtra ? readField(bytes, 0, inodeFields[extra]) : 0,
    };
    return timeText(decodeKernelTime(words));
  };
  return { name, read };
}

function inUse(inode: Uint8Array): string {
  return isZero(inode) ? "unused" : "used";
}

function bitmapDifference(
  kind: "block-bitmap" | "inode-bitmap",
  group: number,
  a: Uint8Array,
  b: Uint8Array,
  { shape }: BlockMap,
): StructureDifference {
  const byte = firstDifference(a, b);
  const left = a[byte] ?? 0;
  const bit = 31 - Math.clz32((left ^ (b[byte] ?? 0)) & -(left ^ (b[byte] ?? 0)));
  const index = byte * 8 + bit;
  const [what, number] =
    kind === "block-bitmap"
      ? ["block", group * shape.blocksPerGroup + index]
      : ["inode", group * shape.inodesPerGroup + index + 1];
  const used = ((left >> bit) & 1) === 1;
  const text = `${what} ${number} is ${used ? "in use" : "free"} / ${used ? "free" : "in use"}`;
  return { fields: [], text, inode: undefined };
}

function directoryDifference(a: Uint8Array, b: Uint8Array, inode: number): StructureDifference {
  const left = [...directoryNames(a)];
  const right = [...directoryNames(b)];
  const show = (entry: (typeof left)[number] | undefined): string =>
    entry ? `${printableText(bytesFromLatin1(entry.name))} (inode ${entry.inode})` : "nothing more";
  for (let index = 0; index <= Math.max(left.length, right.length); index++) {
    const [ofA, ofB] = [left[index], right[index]];
    if (ofA === undefined && ofB === undefined) break;
    if (ofA?.name === ofB?.name && ofA?.inode === ofB?.inode && ofA?.fileType === ofB?.fileType) continue;
    return { fields: [], text: `entry ${index}: ${show(ofA)} / ${show(ofB)}`, inode };
  }
  return { fields: [], text: "the same entries, laid out otherwise", inode };
}

function xattrDifference(a: Uint8Array, b: Uint8Array, inode: number): StructureDifference {
  const left = xattrNames(a);
  const right = xattrNames(b);
  const index = left.findIndex((name, at) => name !== right[at]);
  const text =
    index >= 0 || left.length !== right.length
      ? `attributes ${left.join(", ") || "none"} / ${right.join(", ") || "none"}`
      : `the same attributes (${left.join(", ")}) with other values`;
  return { fields: [], text, inode };
}

/** Names of the attributes in a block, for people. */
function xattrNames(block: Uint8Array): string[] {
  const names: string[] = [];
  for (let at = 32; at + XATTR_ENTRY_HEADER_BYTES <= block.length; ) {
    const length = readField(block, at, xattrEntryFields.nameLength);
    const start = at + XATTR_ENTRY_HEADER_BYTES;
    if (length === 0 || start + length > block.length) break;
    const rest = String.fromCharCode(...block.subarray(start, start + length));
    const name = joinXattrName(readField(block, at, xattrEntryFields.nameIndex), rest);
    names.push(printableText(bytesFromLatin1(name)));
    at = start + ((length + 3) & ~3);
  }
  return names;
}

function numbers(fields: Fields, name: string, a: Uint8Array, b: Uint8Array, start: number): string {
  const field = fields[name];
  if (field === undefined || ![1, 2, 4].includes(field[1])) return name;
  return `${name} ${readField(a, start, field)} / ${readField(b, start, field)}`;
}

/** The first byte that differs; the length where none does. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const index = a.findIndex((byte, at) => byte !== b[at]);
  return index < 0 ? a.length : index;
}

function floorTo(value: number, unit: number): number {
  return value - (value % unit);
}
