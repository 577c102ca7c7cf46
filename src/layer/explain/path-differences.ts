/** How the trees of two file systems differ, path by path, wherever the blocks of a file lie. */
import { equalBytes } from "../../bytes/compare.ts";
import { bytesFromLatin1 } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import type { BlockDevice } from "../../device/block-device.ts";
import { FormatError } from "../../errors.ts";
import { readBlockXattrs, readInodeXattrs } from "../../ext4/compact-xattrs.ts";
import {
  decodeDeviceNumber,
  FILE_TYPE_MASK,
  fileTypeMode,
  inodeFields,
  inodeFlag,
} from "../../ext4/inode.ts";
import { fieldBytes, readField } from "../../ext4/structure.ts";
import type { BlockMap } from "./block-map.ts";
import { explainedBlockBytes, type OwnedBlocks, readBlocks } from "./image-blocks.ts";
import { equalLeaf, type LayerView } from "./layer-view.ts";
import { inodeChanges } from "./structure-difference.ts";

/** One thing that two nodes of a path do not have in common; texts for people. */
export interface NodeChange {
  /** `type`, `mode`, `uid`, `gid`, `size`, `linkTarget`, `device`, a time, `content`, or `xattr` and its name. */
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** One path that is not the same in both. */
export interface PathDifference {
  readonly kind: "changed" | "only-in-a" | "only-in-b";
  /** As `latin1FromBytes` gives it; `""` is the root. */
  readonly path: string;
  readonly changes: readonly NodeChange[];
}

/** All that differ. */
export interface PathDifferences {
  readonly changed: number;
  readonly onlyInA: number;
  readonly onlyInB: number;
  /** In the order of A's directories, then what only B has; up to as many as were asked for. */
  readonly differences: readonly PathDifference[];
}

/** A layer whose blocks have names. */
interface MappedView extends LayerView {
  readonly map: BlockMap;
}

/**
 * Compares two trees; undefined where the blocks of one have no names. Two files
 * that have several paths in common are compared at the first of them alone.
 *
 * @param limit how many paths to list; all are counted.
 */
export async function pathDifferences(
  a: LayerView,
  b: LayerView,
  limit: number,
  signal?: AbortSignal,
): Promise<PathDifferences | undefined> {
  if (!isMapped(a) || !isMapped(b)) return undefined;
  const counts = { changed: 0, onlyInA: 0, onlyInB: 0 };
  const differences: PathDifference[] = [];
  const add = (count: keyof typeof counts, difference: PathDifference): void => {
    counts[count]++;
    if (differences.length < limit) differences.push(difference);
  };
  const root: [string, number] = ["", 2];
  const compared = new Set<string>();
  for (const [path, inode] of [root, ...a.map.inodes]) {
    const other = path === "" ? inode : b.map.inodes.get(path);
    if (other === undefined) {
      add("onlyInA", { kind: "only-in-a", path, changes: [] });
      continue;
    }
    const pair = `${inode} ${other}`;
    if (compared.has(pair)) continue;
    compared.add(pair);
    const changes = await nodeChanges(a, inode, b, other, signal);
    if (changes.length > 0) add("changed", { kind: "changed", path, changes });
  }
  for (const path of b.map.inodes.keys()) {
    if (!a.map.inodes.has(path)) add("onlyInB", { kind: "only-in-b", path, changes: [] });
  }
  return { ...counts, differences };
}

function isMapped(view: LayerView): view is MappedView {
  return view.map !== undefined;
}

/** Where things lie, and what the directories say by themselves. */
const placement: ReadonlySet<string> = new Set([
  "blocks",
  "xattrBlock",
  "flags",
  "block",
  "xattrs",
  "generation",
]);

async function nodeChanges(
  a: MappedView,
  aInode: number,
  b: MappedView,
  bInode: number,
  signal: AbortSignal | undefined,
): Promise<NodeChange[]> {
  const left = await readNode(a, aInode, signal);
  const right = await readNode(b, bInode, signal);
  if (left === undefined || right === undefined) return [];
  if (left.type !== right.type) return [{ name: "type", a: typeName(left.type), b: typeName(right.type) }];
  const isDirectory = left.type === fileTypeMode.directory;
  const changes: NodeChange[] = inodeChanges(left.bytes, right.bytes).filter(({ name }) => {
    return !placement.has(name) && !(isDirectory && (name === "size" || name === "linkCount"));
  });
  if (left.detail !== right.detail) {
    const name = left.type === fileTypeMode.symlink ? "linkTarget" : "device";
    changes.push({ name, a: left.detail, b: right.detail });
  }
  const sized = changes.some(({ name }) => name === "size");
  if (left.type === fileTypeMode.regular && !sized) {
    const place = firstChangedBlock(a, left, b, right);
    if (place !== undefined) {
      changes.push({ name: "content", a: `from block ${place} of the file on`, b: "" });
    }
  }
  for (const name of new Set([...left.xattrs.keys(), ...right.xattrs.keys()])) {
    const [ofA, ofB] = [left.xattrs.get(name), right.xattrs.get(name)];
    if (ofA && ofB && equalBytes(ofA, ofB)) continue;
    const show = (value: Uint8Array | undefined): string => (value ? printableText(value) : "absent");
    changes.push({ name: `xattr ${printableText(bytesFromLatin1(name))}`, a: show(ofA), b: show(ofB) });
  }
  return changes;
}

interface Node {
  readonly inode: number;
  readonly type: number;
  readonly bytes: Uint8Array;
  /** The target of a symlink, the number of a device. */
  readonly detail: string;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

async function readNode(
  { device, map }: MappedView,
  inode: number,
  signal: AbortSignal | undefined,
): Promise<Node | undefined> {
  const offsetBytes = map.inodeOffsetBytes(inode);
  if (offsetBytes === undefined || offsetBytes + map.shape.inodeSizeBytes > device.sizeBytes)
    return undefined;
  const bytes = new Uint8Array(map.shape.inodeSizeBytes);
  await device.read(offsetBytes, bytes, signal ? { signal } : {});
  const type = readField(bytes, 0, inodeFields.mode) & FILE_TYPE_MASK;
  const detail = await nodeDetail(device, map, inode, type, bytes, signal);
  return { inode, type, bytes, detail, xattrs: await nodeXattrs(device, bytes, signal) };
}

async function nodeDetail(
  device: BlockDevice,
  map: BlockMap,
  inode: number,
  type: number,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<string> {
  const block = fieldBytes(bytes, 0, inodeFields.block);
  if (type === fileTypeMode.character || type === fileTypeMode.block) {
    const { major, minor } = decodeDeviceNumber(readField(block, 0, [4, 4]));
    return `${major}:${minor}`;
  }
  if (type !== fileTypeMode.symlink) return "";
  const sizeBytes = readField(bytes, 0, inodeFields.sizeLow);
  if ((readField(bytes, 0, inodeFields.flags) & inodeFlag.extents) === 0) {
    return printableText(block.subarray(0, sizeBytes));
  }
  const [range] = map.dataOf(inode);
  if (range === undefined) return "";
  const count = Math.min(Math.ceil(sizeBytes / explainedBlockBytes), range.endBlock - range.firstBlock);
  const target = await readBlocks(device, range.firstBlock, count, signal);
  return printableText(target.subarray(0, sizeBytes));
}

/** Attributes by full name; what of them cannot be read is left out, as the blocks will show it. */
async function nodeXattrs(
  device: BlockDevice,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const xattrs = new Map<string, Uint8Array>();
  try {
    const block = readField(bytes, 0, inodeFields.xattrBlockLow);
    if (block !== 0) {
      const read = readBlockXattrs(await readBlocks(device, block, 1, signal));
      for (const [name, value] of read) xattrs.set(name, value);
    }
    if (bytes.length > xattrAreaStart && readField(bytes, xattrAreaStart, [0, 4]) !== 0) {
      for (const [name, value] of readInodeXattrs(bytes.subarray(xattrAreaStart))) xattrs.set(name, value);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
  return xattrs;
}

const xattrAreaStart = 152;

/** The first block of the file whose bytes are not the same; undefined where all are, or nobody can say. */
function firstChangedBlock(a: MappedView, left: Node, b: MappedView, right: Node): number | undefined {
  const inline = (node: Node): boolean =>
    (readField(node.bytes, 0, inodeFields.flags) & inodeFlag.inlineData) !== 0;
  if (inline(left) !== inline(right)) return undefined;
  if (inline(left)) {
    const [ofA, ofB] = [left, right].map(({ bytes }) => fieldBytes(bytes, 0, inodeFields.block));
    return ofA && ofB && equalBytes(ofA, ofB) ? undefined : 0;
  }
  const ofB = fileBlocks(b.map.dataOf(right.inode));
  for (const [place, block] of fileBlocks(a.map.dataOf(left.inode))) {
    const { value, done } = ofB.next();
    if (done) return place;
    if (place !== value[0] || !equalLeaf(a, block, b, value[1])) return Math.min(place, value[0]);
  }
  const more = ofB.next();
  return more.done ? undefined : more.value[0];
}

/** Places in a file and the blocks that stand there. */
function* fileBlocks(ranges: readonly OwnedBlocks[]): Generator<[number, number], undefined> {
  for (const { firstBlock, endBlock, owner } of ranges) {
    const start = "fileBlock" in owner ? owner.fileBlock : 0;
    for (let block = firstBlock; block < endBlock; block++) yield [start + block - firstBlock, block];
  }
  return undefined;
}

function typeName(type: number): string {
  return Object.entries(fileTypeMode).find(([, value]) => value === type)?.[0] ?? `0${type.toString(8)}`;
}
