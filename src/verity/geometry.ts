/**
 * The shape of a hash tree, as pure arithmetic: nothing here allocates in
 * proportion to what a host claims. Numbers may pass 2^32, so division and
 * powers stand where the kernel shifts.
 *
 *     P      = 2^floor(log2(hashBlockSize / digestSize))      digests in a hash block
 *     levels = least L with floor((dataBlocks - 1) / P^L) = 0
 *     blocks of level i = ceil(dataBlocks / P^(i+1)),  level 0 = leaves
 *
 * On disk the root's level comes first, the leaves last. Source: kernel
 * `drivers/md/dm-verity-target.c` (`verity_ctr`, `verity_hash_at_level`).
 */
import { digestSizeBytes } from "../crypto/algorithms.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, type FormatErrorCode, invariant } from "../errors.ts";
import { checkParameters, type VerityParameters } from "./identity.ts";
import type { VerityPlacement } from "./placement.ts";
import { isSameDevice } from "./same-device.ts";
import { SUPERBLOCK_SIZE_BYTES } from "./superblock.ts";

/** One level of the tree on the hash device. */
export interface TreeLevel {
  /** 0 = leaves. */
  readonly level: number;
  /** Index of the level's first block on the hash device, in hash blocks. */
  readonly firstBlock: number;
  /** How many hash blocks the level has. */
  readonly blocks: number;
}

/** Where the digest of a data block, or of what stands above it, lies in a level. */
export interface TreeSlot {
  /** Index of the hash block in its level. */
  readonly index: number;
  /** Index of the digest in that block. */
  readonly slot: number;
}

/** What may differ from Linux's own shape. */
export interface GeometryOptions {
  /**
   * How a single data block is treated. `"linux"` (default): no tree, its digest is the
   * root hash. `"at-least-one"`: one leaf that holds its digest, as hcsshim builds it.
   */
  readonly levels?: "linux" | "at-least-one";
}

/** Distance between two digests in a hash block, in bytes: hash type 0 packs them. */
export function slotSizeBytes({ hashType, algorithm }: VerityParameters): number {
  const digestSize = digestSizeBytes(algorithm);
  return hashType === 1 ? 2 ** Math.ceil(Math.log2(digestSize)) : digestSize;
}

/** How many digests a hash block has room for; a power of two. */
export function digestsPerHashBlock({ algorithm, hashBlockSize }: VerityParameters): number {
  return 2 ** Math.floor(Math.log2(hashBlockSize / digestSizeBytes(algorithm)));
}

/** The shape of one tree; see `treeGeometry`. */
export class TreeGeometry {
  readonly dataBlockSize: number;
  readonly hashBlockSize: number;
  readonly dataBlocks: number;
  readonly digestSizeBytes: number;
  /** Distance between two digests in a hash block. */
  readonly slotSizeBytes: number;
  /** log2 of `digestsPerBlock`. */
  readonly bits: number;
  readonly digestsPerBlock: number;
  /** By level: `levels[0]` are the leaves. Empty where the root hash is a data block's digest. */
  readonly levels: readonly TreeLevel[];
  /** Index of the tree's first block on the hash device, in hash blocks. */
  readonly firstHashBlock: number;
  /** How many hash blocks the tree has, all levels together. */
  readonly hashBlocks: number;

  constructor(
    parameters: VerityParameters,
    dataBlocks: number,
    firstHashBlock: number,
    options: GeometryOptions,
  ) {
    const digestSize = digestSizeBytes(parameters.algorithm);
    this.dataBlockSize = parameters.dataBlockSize;
    this.hashBlockSize = parameters.hashBlockSize;
    this.dataBlocks = dataBlocks;
    this.digestSizeBytes = digestSize;
    this.slotSizeBytes = slotSizeBytes(parameters);
    this.digestsPerBlock = digestsPerHashBlock(parameters);
    this.bits = Math.log2(this.digestsPerBlock);
    this.firstHashBlock = firstHashBlock;
    const counts: number[] = [];
    let below = dataBlocks;
    while (below > 1 || (counts.length === 0 && options.levels === "at-least-one")) {
      below = Math.ceil(below / this.digestsPerBlock);
      counts.push(below);
    }
    const levels: TreeLevel[] = [];
    let firstBlock = firstHashBlock;
    for (const [fromRoot, blocks] of counts.toReversed().entries()) {
      levels.unshift({ level: counts.length - 1 - fromRoot, firstBlock, blocks });
      firstBlock += blocks;
    }
    this.levels = levels;
    this.hashBlocks = firstBlock - firstHashBlock;
  }

  /** Size of the data area, in bytes; it starts at byte 0 of the data device. */
  get dataSizeBytes(): number {
    return this.dataBlocks * this.dataBlockSize;
  }

  /** Index after the tree's last block on the hash device, in hash blocks. */
  get endBlock(): number {
    return this.firstHashBlock + this.hashBlocks;
  }

  /** Where the digest that leads to `dataBlock` lies in `level`. */
  locate(level: number, dataBlock: number): TreeSlot {
    const position = Math.floor(dataBlock / 2 ** (this.bits * level));
    return {
      index: Math.floor(position / this.digestsPerBlock),
      slot: position % this.digestsPerBlock,
    };
  }

  /** How many slots of a hash block hold a digest; the others are zero. */
  usedSlots(level: number, index: number): number {
    const children = level === 0 ? this.dataBlocks : this.#level(level - 1).blocks;
    return Math.min(this.digestsPerBlock, children - index * this.digestsPerBlock);
  }

  /** The data blocks that a hash block answers for. */
  dataBlocksUnder(level: number, index: number): { readonly first: number; readonly count: number } {
    const span = 2 ** (this.bits * (level + 1));
    const first = index * span;
    return { first, count: Math.min(span, this.dataBlocks - first) };
  }

  /** Byte offset of a hash block on the hash device. */
  offsetBytes(level: number, index: number): number {
    return (this.#level(level).firstBlock + index) * this.hashBlockSize;
  }

  #level(level: number): TreeLevel {
    const found = this.levels[level];
    invariant(found !== undefined, `the tree has no level ${level}`);
    return found;
  }
}

/**
 * The shape of the tree over `dataBlocks` blocks.
 *
 * @param parameters as the caller pinned them, or as a checked superblock says.
 * @param dataBlocks may be the host's claim: at least 1.
 * @param firstHashBlock of `firstHashBlock(placement, hashBlockSize)`, in hash blocks.
 * @throws {UsageError} `invalid-argument` for parameters that cannot be.
 * @throws {FormatError} `bad-field` for no data blocks; `does-not-fit` where data or tree
 *   would pass 2^53 bytes, which no device has.
 */
export function treeGeometry(
  parameters: VerityParameters,
  dataBlocks: number,
  firstHashBlock: number,
  options: GeometryOptions = {},
): TreeGeometry {
  checkParameters(parameters);
  if (!Number.isSafeInteger(dataBlocks) || dataBlocks < 1) {
    refuse("bad-field", "dataBlocks", `${dataBlocks} data blocks cannot be`);
  }
  invariant(Number.isSafeInteger(firstHashBlock) && firstHashBlock >= 0, `hash block ${firstHashBlock}`);
  if (!Number.isSafeInteger(dataBlocks * parameters.dataBlockSize)) {
    refuse("does-not-fit", "dataBlocks", `${dataBlocks} data blocks are more than any device holds`);
  }
  const geometry = new TreeGeometry(parameters, dataBlocks, firstHashBlock, options);
  if (!Number.isSafeInteger(geometry.endBlock * parameters.hashBlockSize)) {
    refuse("does-not-fit", "dataBlocks", `a tree of ${geometry.hashBlocks} blocks fits no device`);
  }
  return geometry;
}

/**
 * Where the hash area ends on its device, superblock and tree, in bytes: what
 * a hash device must hold.
 */
export function hashAreaEndBytes(geometry: TreeGeometry, placement: VerityPlacement): number {
  const treeEnd = geometry.hashBlocks === 0 ? 0 : geometry.endBlock * geometry.hashBlockSize;
  return placement.superblock
    ? Math.max(treeEnd, placement.hashOffsetBytes + SUPERBLOCK_SIZE_BYTES)
    : treeEnd;
}

/**
 * Refuses a tree that its devices do not hold, before anything is allocated
 * for it. On one device for both, the data area and the hash area must not meet.
 *
 * @throws {FormatError} `does-not-fit`, with the device in `at`.
 */
export function checkFits(
  geometry: TreeGeometry,
  placement: VerityPlacement,
  data: BlockDevice,
  hash: BlockDevice,
): void {
  const { dataSizeBytes } = geometry;
  if (dataSizeBytes > data.sizeBytes) {
    const message = `${geometry.dataBlocks} data blocks need ${dataSizeBytes} bytes, ${data.name} has ${data.sizeBytes}`;
    refuse("does-not-fit", "dataBlocks", message, data);
  }
  const end = hashAreaEndBytes(geometry, placement);
  if (end > hash.sizeBytes) {
    const message = `the hash area ends at byte ${end}, ${hash.name} has ${hash.sizeBytes}`;
    refuse("does-not-fit", "dataBlocks", message, hash);
  }
  if (end === 0 || !isSameDevice(data, hash)) return;
  const start = Math.min(
    placement.superblock ? placement.hashOffsetBytes : Number.POSITIVE_INFINITY,
    geometry.hashBlocks === 0 ? Number.POSITIVE_INFINITY : geometry.firstHashBlock * geometry.hashBlockSize,
  );
  if (start < dataSizeBytes) {
    const message = `the hash area at byte ${start} lies in the data area, which ends at ${dataSizeBytes}`;
    refuse("does-not-fit", "hashOffsetBytes", message, hash);
  }
}

function refuse(code: FormatErrorCode, field: string, message: string, device?: BlockDevice): never {
  throw new FormatError(code, message, {
    at: device === undefined ? { field } : { field, device: device.name },
  });
}
