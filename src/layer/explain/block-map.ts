/**
 * What every block of a file system is: which structure, which file's data. Read
 * from an image that nobody has verified, so that nothing in it is believed
 * without a look at whether it can be.
 *
 * ## Performance
 * Memory for a range per extent, an xattr block and an entry of a directory; the
 * inode table is read once, from front to back, the directories once.
 */
import type { BlockDevice } from "../../device/block-device.ts";
import { FormatError } from "../../errors.ts";
import { GROUP_DESCRIPTOR_SIZE_BYTES, groupDescriptorFields } from "../../ext4/group-descriptor.ts";
import { FILE_TYPE_MASK, fileTypeMode, inodeFields, inodeFlag } from "../../ext4/inode.ts";
import { type Field, readField } from "../../ext4/structure.ts";
import { EXT4_MAGIC, EXT4_SUPERBLOCK_OFFSET_BYTES, superblockFields } from "../../ext4/superblock.ts";
import { explainedBlockBytes, type InodeData, type OwnedBlocks, readBlocks } from "./image-blocks.ts";
import { readExtents } from "./inode-extents.ts";
import { type InodePaths, readPaths } from "./inode-paths.ts";

/** Numbers of the superblock that the rest is found by. */
export interface FileSystemShape {
  readonly blocks: number;
  readonly blocksPerGroup: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  readonly inodeSizeBytes: number;
  readonly inlineData: boolean;
}

/** See the head of this file. */
export class BlockMap {
  readonly shape: FileSystemShape;
  /** Every path and its inode, the root aside; paths as `latin1FromBytes` gives them. */
  readonly inodes: ReadonlyMap<string, number>;
  readonly #ranges: readonly OwnedBlocks[];
  readonly #paths: ReadonlyMap<number, string>;
  readonly #tables: readonly number[];
  #data: Map<number, OwnedBlocks[]> | undefined;

  /** @param tables where each group's inode table begins, in blocks. */
  constructor(
    shape: FileSystemShape,
    ranges: readonly OwnedBlocks[],
    paths: InodePaths,
    tables: readonly number[],
  ) {
    this.shape = shape;
    this.inodes = paths.byPath;
    this.#ranges = ranges;
    this.#paths = paths.byInode;
    this.#tables = tables;
  }

  /** The range that a block is in, or the gap of unused blocks around it. */
  at(block: number): OwnedBlocks {
    let low = 0;
    for (let high = this.#ranges.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.endBlock ?? 0) <= block) low = middle + 1;
      else high = middle;
    }
    const next = this.#ranges[low];
    if (next !== undefined && next.firstBlock <= block) return next;
    const before = this.#ranges[low - 1]?.endBlock ?? 0;
    const endBlock = next?.firstBlock ?? Number.POSITIVE_INFINITY;
    return { firstBlock: before, endBlock, owner: { kind: "unused" } };
  }

  /** A path of an inode, as `latin1FromBytes` gives it; `""` is the root, undefined an inode without a name. */
  path(inode: number): string | undefined {
    return this.#paths.get(inode);
  }

  /** Where an inode stands, in bytes; undefined for a number that none has. */
  inodeOffsetBytes(inode: number): number | undefined {
    const { inodesPerGroup, inodeSizeBytes } = this.shape;
    const table = this.#tables[Math.floor((inode - 1) / inodesPerGroup)];
    if (table === undefined) return undefined;
    return table * explainedBlockBytes + ((inode - 1) % inodesPerGroup) * inodeSizeBytes;
  }

  /** The ranges of an inode's data, in the order of the file. */
  dataOf(inode: number): readonly OwnedBlocks[] {
    this.#data ??= dataByInode(this.#ranges);
    return this.#data.get(inode) ?? [];
  }

  /** The blocks that hold group descriptors, those that no group needs included. */
  get descriptorBlocks(): number {
    const range = this.at(1);
    return range.owner.kind === "descriptors" ? range.endBlock - 1 : 0;
  }
}

/**
 * Reads the map of a file system.
 *
 * @param device its blocks; content of files is not read.
 * @throws {FormatError} where it is no file system of the kind that layers are made of.
 * @throws {DeviceError} when the device fails.
 */
export async function readBlockMap(device: BlockDevice, signal?: AbortSignal): Promise<BlockMap> {
  const shape = await readShape(device, signal);
  const groups = await readGroups(device, shape, signal);
  const inodes: InodeData[] = [];
  const ranges: OwnedBlocks[] = [{ firstBlock: 0, endBlock: 1, owner: { kind: "superblock" } }];
  for (const group of groups) {
    ranges.push(...group.ranges);
    await readInodes(device, shape, group, inodes, ranges, signal);
  }
  const paths = await readPaths(device, inodes, signal);
  const tables = groups.map(({ inodeTableBlock }) => inodeTableBlock);
  return new BlockMap(shape, sorted(ranges, shape), paths, tables);
}

interface Group {
  readonly number: number;
  readonly inodeTableBlock: number;
  readonly ranges: readonly OwnedBlocks[];
}

async function readShape(device: BlockDevice, signal: AbortSignal | undefined): Promise<FileSystemShape> {
  const at = { device: device.name };
  const block = await readBlocks(device, 0, 1, signal);
  const value = (field: Field): number => readField(block, EXT4_SUPERBLOCK_OFFSET_BYTES, field);
  if (value(superblockFields.magic) !== EXT4_MAGIC) {
    throw new FormatError("bad-magic", `${device.name} holds no ext4 file system`, { at });
  }
  const shape = {
    blocks: value(superblockFields.blocksCountLow),
    blocksPerGroup: value(superblockFields.blocksPerGroup),
    inodesPerGroup: value(superblockFields.inodesPerGroup),
    inodeSizeBytes: value(superblockFields.inodeSize),
    inlineData: (value(superblockFields.featureIncompat) & 0x8000) !== 0,
  };
  const { blocks, blocksPerGroup, inodesPerGroup, inodeSizeBytes } = shape;
  const inodesFit = inodesPerGroup > 0 && inodesPerGroup <= 8 * explainedBlockBytes;
  const compact =
    value(superblockFields.logBlockSize) === 2 &&
    (inodeSizeBytes === 128 || inodeSizeBytes === 256) &&
    (value(superblockFields.featureIncompat) & 0x80) === 0 &&
    value(superblockFields.firstDataBlock) === 0 &&
    blocksPerGroup === 8 * explainedBlockBytes &&
    inodesFit;
  if (!compact || blocks === 0 || blocks * explainedBlockBytes > device.sizeBytes) {
    const message = `${device.name}: the file system is none that the layer tools write, so its blocks have no names here`;
    throw new FormatError("bad-field", message, { at });
  }
  return { ...shape, groups: Math.ceil(blocks / blocksPerGroup) };
}

async function readGroups(
  device: BlockDevice,
  { blocks, groups, inodesPerGroup, inodeSizeBytes }: FileSystemShape,
  signal: AbortSignal | undefined,
): Promise<Group[]> {
  const perBlock = explainedBlockBytes / GROUP_DESCRIPTOR_SIZE_BYTES;
  const descriptors = await readBlocks(device, 1, Math.ceil(groups / perBlock), signal);
  const tableBlocks = Math.ceil((inodesPerGroup * inodeSizeBytes) / explainedBlockBytes);
  return Array.from({ length: groups }, (_, number) => {
    const start = number * GROUP_DESCRIPTOR_SIZE_BYTES;
    const blockBitmap = readField(descriptors, start, groupDescriptorFields.blockBitmapLow);
    const inodeBitmap = readField(descriptors, start, groupDescriptorFields.inodeBitmapLow);
    const inodeTableBlock = readField(descriptors, start, groupDescriptorFields.inodeTableLow);
    for (const [first, count] of [
      [blockBitmap, 1],
      [inodeBitmap, 1],
      [inodeTableBlock, tableBlocks],
    ] as const) {
      if (first > 0 && first + count <= blocks) continue;
      const message = `${device.name}: the descriptor of block group ${number} leads out of the file system`;
      throw new FormatError("bad-field", message, { at: { device: device.name, block: 1 } });
    }
    const single = (firstBlock: number, kind: "block-bitmap" | "inode-bitmap"): OwnedBlocks => ({
      firstBlock,
      endBlock: firstBlock + 1,
      owner: { kind, group: number },
    });
    const table: OwnedBlocks = {
      firstBlock: inodeTableBlock,
      endBlock: inodeTableBlock + tableBlocks,
      owner: { kind: "inode-table", firstInode: number * inodesPerGroup + 1 },
    };
    const ranges = [single(blockBitmap, "block-bitmap"), single(inodeBitmap, "inode-bitmap"), table];
    return { number, inodeTableBlock, ranges };
  });
}

const tableReadBlocks = 64;

async function readInodes(
  device: BlockDevice,
  shape: FileSystemShape,
  group: Group,
  inodes: InodeData[],
  ranges: OwnedBlocks[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { inodesPerGroup, inodeSizeBytes, blocks } = shape;
  const perRead = (tableReadBlocks * explainedBlockBytes) / inodeSizeBytes;
  for (let first = 0; first < inodesPerGroup; first += perRead) {
    const count = Math.min(perRead, inodesPerGroup - first);
    const block = group.inodeTableBlock + (first * inodeSizeBytes) / explainedBlockBytes;
    const readCount = Math.ceil((count * inodeSizeBytes) / explainedBlockBytes);
    const table = await readBlocks(device, block, readCount, signal);
    for (let index = 0; index < count; index++) {
      const bytes = table.subarray(index * inodeSizeBytes, (index + 1) * inodeSizeBytes);
      const mode = readField(bytes, 0, inodeFields.mode);
      if (mode === 0) continue;
      const inode = group.number * inodesPerGroup + first + index + 1;
      const xattrBlock = readField(bytes, 0, inodeFields.xattrBlockLow);
      if (xattrBlock > 0 && xattrBlock < blocks) {
        const owner = { kind: "xattrs", inode, fileBlock: 0 } as const;
        ranges.push({ firstBlock: xattrBlock, endBlock: xattrBlock + 1, owner });
      }
      if ((readField(bytes, 0, inodeFields.flags) & inodeFlag.extents) === 0) continue;
      const kind = contentKind(mode);
      const found = await readExtents(
        device,
        { inode, kind, blocks, limit: blocks - ranges.length },
        bytes,
        signal,
      );
      ranges.push(...found);
      if (kind === "directory") inodes.push({ inode, mode, extents: found });
    }
  }
}

function contentKind(mode: number): "content" | "directory" | "symlink" {
  const type = mode & FILE_TYPE_MASK;
  if (type === fileTypeMode.directory) return "directory";
  return type === fileTypeMode.symlink ? "symlink" : "content";
}

function dataByInode(ranges: readonly OwnedBlocks[]): Map<number, OwnedBlocks[]> {
  const byInode = new Map<number, OwnedBlocks[]>();
  for (const range of ranges) {
    const { owner } = range;
    if (owner.kind !== "content" && owner.kind !== "symlink") continue;
    const data = byInode.get(owner.inode);
    if (data) data.push(range);
    else byInode.set(owner.inode, [range]);
  }
  const place = ({ owner }: OwnedBlocks): number => ("fileBlock" in owner ? owner.fileBlock : 0);
  for (const data of byInode.values()) data.sort((a, b) => place(a) - place(b));
  return byInode;
}

/** Ranges in rising order; where a hostile image lets two overlap, the one that begins first stands. */
function sorted(ranges: OwnedBlocks[], shape: FileSystemShape): OwnedBlocks[] {
  ranges.sort((a, b) => a.firstBlock - b.firstBlock);
  const result: OwnedBlocks[] = [];
  for (const range of ranges) {
    const end = result.at(-1)?.endBlock ?? 0;
    if (range.firstBlock >= end) result.push(range);
  }
  const next = result[1]?.firstBlock ?? shape.blocks;
  if (next > 1) {
    result.splice(1, 0, { firstBlock: 1, endBlock: next, owner: { kind: "descriptors" } });
  }
  return result;
}
