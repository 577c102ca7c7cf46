/** Which blocks of two file systems differ, what they are, and of each run the first difference in it. */
import { StorageError } from "../../errors.ts";
import { type BlockOwner, explainedBlockBytes, readBlocks } from "./image-blocks.ts";
import { equalLeaf, type LayerView } from "./layer-view.ts";
import { firstDifference, type StructureDifference, structureDifference } from "./structure-difference.ts";

/** A run of blocks that differ, each side's of one owner. */
export interface BlockDifference {
  readonly firstBlock: number;
  readonly endBlock: number;
  /** Undefined beyond a file system's end, and where blocks have no names. */
  readonly a: BlockOwner | undefined;
  readonly b: BlockOwner | undefined;
  /** A path of the inode that the owner names, as `latin1FromBytes` gives it. */
  readonly aPath: string | undefined;
  readonly bPath: string | undefined;
  /** What differs first in the run's first block, where that can be said. */
  readonly detail: StructureDifference | undefined;
}

/** All that differ. */
export interface BlockDifferences {
  readonly aBlocks: number;
  readonly bBlocks: number;
  /** How many blocks differ, those that one side alone has included. */
  readonly count: number;
  /** In rising order, up to as many as were asked for. */
  readonly runs: readonly BlockDifference[];
}

/**
 * Compares two layers block by block.
 *
 * @param limit how many runs to list.
 */
export async function blockDifferences(
  a: LayerView,
  b: LayerView,
  limit: number,
  signal?: AbortSignal,
): Promise<BlockDifferences> {
  const end = Math.max(a.dataBlocks, b.dataBlocks);
  const common = Math.min(a.dataBlocks, b.dataBlocks);
  const runs: BlockDifference[] = [];
  let count = 0;
  for (let block = 0; block < end; ) {
    if (block < common && equalLeaf(a, block, b, block)) {
      block++;
      continue;
    }
    const stop = Math.min(ownerEnd(a, block), ownerEnd(b, block));
    let endBlock = block + 1;
    while (endBlock < stop && (endBlock >= common || !equalLeaf(a, endBlock, b, endBlock))) endBlock++;
    count += endBlock - block;
    if (runs.length < limit) runs.push(await describeRun(a, b, block, endBlock, signal));
    block = endBlock;
  }
  return { aBlocks: a.dataBlocks, bBlocks: b.dataBlocks, count, runs };
}

/** Where the range that a block is in ends: at the file system's end at the latest. */
function ownerEnd({ map, dataBlocks }: LayerView, block: number): number {
  if (block >= dataBlocks) return Number.POSITIVE_INFINITY;
  return Math.min(map?.at(block).endBlock ?? dataBlocks, dataBlocks);
}

async function describeRun(
  a: LayerView,
  b: LayerView,
  firstBlock: number,
  endBlock: number,
  signal: AbortSignal | undefined,
): Promise<BlockDifference> {
  const [ofA, ofB] = [ownerOf(a, firstBlock), ownerOf(b, firstBlock)];
  const detail =
    ofA && ofB && ofA.kind === ofB.kind ? await describeBlock(a, b, ofA, firstBlock, signal) : undefined;
  return {
    firstBlock,
    endBlock,
    a: ofA,
    b: ofB,
    aPath: pathOf(a, ofA) ?? pathOfDetail(a, detail),
    bPath: pathOf(b, ofB) ?? pathOfDetail(b, detail),
    detail,
  };
}

function ownerOf({ map, dataBlocks }: LayerView, block: number): BlockOwner | undefined {
  if (map === undefined || block >= dataBlocks) return undefined;
  const { owner, firstBlock } = map.at(block);
  return "fileBlock" in owner ? { ...owner, fileBlock: owner.fileBlock + block - firstBlock } : owner;
}

function pathOf({ map }: LayerView, owner: BlockOwner | undefined): string | undefined {
  return owner && "inode" in owner ? map?.path(owner.inode) : undefined;
}

function pathOfDetail({ map }: LayerView, detail: StructureDifference | undefined): string | undefined {
  return detail?.inode === undefined ? undefined : map?.path(detail.inode);
}

async function describeBlock(
  a: LayerView,
  b: LayerView,
  owner: BlockOwner,
  block: number,
  signal: AbortSignal | undefined,
): Promise<StructureDifference | undefined> {
  if (a.map === undefined) return undefined;
  try {
    const left = await readBlocks(a.device, block, 1, signal);
    const right = await readBlocks(b.device, block, 1, signal);
    if (owner.kind === "content" || owner.kind === "symlink") {
      const byte = owner.fileBlock * explainedBlockBytes + firstDifference(left, right);
      return { fields: [], text: `from byte ${byte} on`, inode: owner.inode };
    }
    return structureDifference(owner, block, left, right, a.map);
  } catch (error) {
    // The content of a file in a layer that was made here from a tar: not kept.
    if (error instanceof StorageError && error.code === "unsupported") return undefined;
    throw error;
  }
}
