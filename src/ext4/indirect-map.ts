/**
 * The block pointers of ext2 and ext3: twelve blocks, then trees of one, two and
 * three levels of blocks of pointers. A pointer of 0 is a hole over all below it.
 * A block of pointers that serves at two places of one file is refused: sharing
 * could make a small image into a tree without end.
 */
import { readU32Le } from "../bytes/codec.ts";
import type { IoOptions } from "../device/block-device.ts";
import type { BlockMap, BlockRun } from "./block-run.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

const directBlocks = 12;
const treeLevels = 3;

/** Pointers to blocks of one level, and the part of the file that is theirs. */
interface Pointers {
  readonly bytes: Uint8Array;
  readonly firstLogical: number;
  /** How many blocks of the file are below each pointer. */
  readonly spanBlocks: number;
}

/** The blocks of a file that has block pointers. */
export class IndirectMap implements BlockMap {
  readonly #volume: Ext4Volume;
  readonly #inode: Ext4Inode;
  readonly #perBlock: number;
  /** Where in the file each block of pointers that was met begins. */
  readonly #met: Map<number, string> = new Map();
  /** The pointers that were used last, of the lowest level. */
  #leaf: Pointers;

  /** @param inode without the extents flag. */
  constructor(volume: Ext4Volume, inode: Ext4Inode) {
    this.#volume = volume;
    this.#inode = inode;
    this.#perBlock = volume.geometry.blockSizeBytes / 4;
    this.#leaf = { bytes: inode.block.subarray(0, 4 * directBlocks), firstLogical: 0, spanBlocks: 1 };
  }

  async find(logicalBlock: number, options: IoOptions): Promise<BlockRun> {
    if (!holds(this.#leaf, logicalBlock)) {
      const found = await this.#descend(logicalBlock, options);
      if ("blocks" in found) return found;
      this.#leaf = found;
    }
    return this.#runIn(this.#leaf, logicalBlock);
  }

  /** The lowest pointers over a block, or the hole that it lies in. */
  async #descend(logicalBlock: number, options: IoOptions): Promise<Pointers | BlockRun> {
    const direct = this.#inode.block.subarray(0, 4 * directBlocks);
    if (logicalBlock < directBlocks) return { bytes: direct, firstLogical: 0, spanBlocks: 1 };
    let pointers = this.#treeOver(logicalBlock);
    while (pointers.spanBlocks > 1) {
      const { bytes, firstLogical, spanBlocks } = pointers;
      const index = Math.floor((logicalBlock - firstLogical) / spanBlocks);
      const start = firstLogical + index * spanBlocks;
      const block = readU32Le(bytes, 4 * index);
      if (block === 0) return this.#holeIn(pointers, index);
      this.#meet(block, start, spanBlocks);
      pointers = {
        bytes: await this.#volume.readBlock(block, options),
        firstLogical: start,
        spanBlocks: spanBlocks / this.#perBlock,
      };
    }
    return pointers;
  }

  /** The one pointer in the inode to the tree over a block. */
  #treeOver(logicalBlock: number): Pointers {
    let firstLogical = directBlocks;
    for (let level = 1; level <= treeLevels; level++) {
      const spanBlocks = this.#perBlock ** level;
      if (logicalBlock < firstLogical + spanBlocks) {
        const at = 4 * (directBlocks + level - 1);
        return { bytes: this.#inode.block.subarray(at, at + 4), firstLogical, spanBlocks };
      }
      firstLogical += spanBlocks;
    }
    throw this.#volume.malformed("bad-field", `block ${logicalBlock} is past what block pointers reach`, {
      inode: this.#inode.number,
      field: "sizeLow",
    });
  }

  #meet(block: number, firstLogical: number, spanBlocks: number): void {
    this.#check(block, 1);
    const place = `${firstLogical}+${spanBlocks}`;
    const before = this.#met.get(block);
    if (before === undefined) this.#met.set(block, place);
    else if (before !== place) {
      throw this.#volume.malformed("bad-field", "a block of pointers serves twice", {
        inode: this.#inode.number,
        block,
      });
    }
  }

  #holeIn({ bytes, firstLogical, spanBlocks }: Pointers, index: number): BlockRun {
    const end = runEnd(bytes, index, () => 0);
    return {
      logicalBlock: firstLogical + index * spanBlocks,
      blocks: (end - index) * spanBlocks,
      deviceBlock: undefined,
    };
  }

  /** The run that begins with a block, among pointers of the lowest level. */
  #runIn(pointers: Pointers, logicalBlock: number): BlockRun {
    const { bytes, firstLogical } = pointers;
    const index = logicalBlock - firstLogical;
    const deviceBlock = readU32Le(bytes, 4 * index);
    if (deviceBlock === 0) return this.#holeIn(pointers, index);
    const blocks = runEnd(bytes, index, (step) => deviceBlock + step) - index;
    this.#check(deviceBlock, blocks);
    return { logicalBlock, blocks, deviceBlock };
  }

  #check(block: number, blocks: number): void {
    if (this.#volume.holds(block, blocks)) return;
    throw this.#volume.malformed("bad-field", `a pointer leads to block ${block}, which is outside`, {
      inode: this.#inode.number,
      block,
    });
  }
}

function holds({ bytes, firstLogical, spanBlocks }: Pointers, logicalBlock: number): boolean {
  const index = (logicalBlock - firstLogical) / spanBlocks;
  return index >= 0 && index < bytes.length / 4;
}

/** The first pointer from `index` on that is not what it is expected to be. */
function runEnd(bytes: Uint8Array, index: number, expected: (step: number) => number): number {
  let end = index;
  while (4 * end < bytes.length && readU32Le(bytes, 4 * end) === expected(end - index)) end += 1;
  return end;
}
