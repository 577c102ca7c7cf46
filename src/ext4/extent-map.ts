/**
 * The extent tree of a file, as the kernel's `ext4_find_extent` walks it. Each
 * node is checked whole before one of its entries is used: the depth falls by one
 * on each step, entries are in order and inside what the parent gave them, and a
 * node begins where its parent says. So no node can serve twice in one tree, and
 * no walk takes more than six steps.
 */
import { readU16Le, readU32Le } from "../bytes/codec.ts";
import { crc32c } from "../bytes/crc.ts";
import type { IoOptions } from "../device/block-device.ts";
import type { BlockMap, BlockRun } from "./block-run.ts";
import {
  EXTENT_MAGIC,
  EXTENT_RECORD_SIZE_BYTES,
  extentHeaderFields,
  extentIndexFields,
  extentLeafFields,
  MAX_EXTENT_BLOCKS,
} from "./extent.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import { readField } from "./structure.ts";
import type { Ext4Location, Ext4Volume } from "./volume.ts";

/** The kernel's `EXT4_MAX_EXTENT_DEPTH`. */
const depthLimit = 5;
const logicalEnd = 2 ** 32;

/** A node, and the part of the file that is its. */
interface ExtentNode {
  readonly bytes: Uint8Array;
  readonly depth: number;
  readonly firstLogical: number;
  readonly endLogical: number;
  /** Where the node stands; undefined in the inode itself. */
  readonly block: number | undefined;
}

/** A child of an index node. */
interface ExtentChild {
  readonly block: number;
  readonly firstLogical: number;
  readonly endLogical: number;
}

/** The blocks of a file that has extents. */
export class ExtentMap implements BlockMap {
  readonly #volume: Ext4Volume;
  readonly #inode: Ext4Inode;
  /** The runs of the leaf that was used last, without a gap between them. */
  #leaf: readonly BlockRun[] = [];

  /** @param inode with the extents flag. */
  constructor(volume: Ext4Volume, inode: Ext4Inode) {
    this.#volume = volume;
    this.#inode = inode;
  }

  async find(logicalBlock: number, options: IoOptions): Promise<BlockRun> {
    const kept = findRun(this.#leaf, logicalBlock);
    if (kept !== undefined) return kept;
    let node: ExtentNode = {
      bytes: this.#inode.block,
      depth: readField(this.#inode.block, 0, extentHeaderFields.depth),
      firstLogical: 0,
      endLogical: logicalEnd,
      block: undefined,
    };
    if (node.depth > depthLimit) throw this.#malformed(node, "depth", `a depth of ${node.depth}`);
    while (node.depth > 0) {
      const child = this.#childOf(node, logicalBlock);
      if (child === undefined) return hole(node.firstLogical, this.#startOf(node));
      const bytes = await this.#volume.readBlock(child.block, options);
      node = { ...child, bytes, depth: node.depth - 1 };
      this.#checkChecksum(node);
    }
    this.#leaf = this.#runsOf(node);
    const run = findRun(this.#leaf, logicalBlock);
    if (run === undefined) throw this.#malformed(node, "entries", `no extent for block ${logicalBlock}`);
    return run;
  }

  /** The number of entries of a node, whose header is checked. */
  #entriesOf(node: ExtentNode): number {
    const { bytes, depth } = node;
    const get = (name: keyof typeof extentHeaderFields): number =>
      readField(bytes, 0, extentHeaderFields[name]);
    if (get("magic") !== EXTENT_MAGIC) throw this.#malformed(node, "magic", "no magic", "bad-magic");
    if (get("depth") !== depth) {
      throw this.#malformed(node, "depth", `depth ${get("depth")} where ${depth} is due`);
    }
    const [entries, max] = [get("entries"), get("max")];
    if (max === 0 || (max + 1) * EXTENT_RECORD_SIZE_BYTES > bytes.length) {
      throw this.#malformed(node, "max", `room for ${max} entries`);
    }
    if (entries > max || (entries === 0 && depth > 0)) {
      throw this.#malformed(node, "entries", `${entries} entries of at most ${max}`);
    }
    return entries;
  }

  /** The child of an index node that a block belongs to; undefined in front of the first. */
  #childOf(node: ExtentNode, logicalBlock: number): ExtentChild | undefined {
    const { bytes } = node;
    const entries = this.#entriesOf(node);
    let found: ExtentChild | undefined;
    let before = -1;
    for (let i = 1; i <= entries; i++) {
      const at = i * EXTENT_RECORD_SIZE_BYTES;
      const firstLogical = readU32Le(bytes, at + extentIndexFields.logicalBlock[0]);
      const block =
        readU32Le(bytes, at + extentIndexFields.leafLow[0]) +
        readU16Le(bytes, at + extentIndexFields.leafHigh[0]) * 2 ** 32;
      this.#checkFirst(node, i, firstLogical);
      if (firstLogical <= before || firstLogical >= node.endLogical) {
        throw this.#malformed(node, "logicalBlock", `index entry ${i} is out of order`);
      }
      if (!this.#volume.holds(block)) {
        throw this.#malformed(node, "leafLow", `index entry ${i} leads to block ${block}, which is outside`);
      }
      if (firstLogical <= logicalBlock) found = { block, firstLogical, endLogical: node.endLogical };
      else if (found !== undefined && found.endLogical === node.endLogical) {
        found = { ...found, endLogical: firstLogical };
      }
      before = firstLogical;
    }
    return found;
  }

  /** The runs of a leaf, holes between them and around them made runs too. */
  #runsOf(node: ExtentNode): BlockRun[] {
    const { bytes, firstLogical, endLogical } = node;
    const runs: BlockRun[] = [];
    const entries = this.#entriesOf(node);
    let end = firstLogical;
    for (let i = 1; i <= entries; i++) {
      const at = i * EXTENT_RECORD_SIZE_BYTES;
      const logicalBlock = readU32Le(bytes, at + extentLeafFields.logicalBlock[0]);
      const length = readU16Le(bytes, at + extentLeafFields.lengthBlocks[0]);
      const start =
        readU32Le(bytes, at + extentLeafFields.startLow[0]) +
        readU16Le(bytes, at + extentLeafFields.startHigh[0]) * 2 ** 32;
      const written = length <= MAX_EXTENT_BLOCKS;
      const blocks = written ? length : length - MAX_EXTENT_BLOCKS;
      this.#checkFirst(node, i, logicalBlock);
      if (blocks === 0 || logicalBlock < end || logicalBlock + blocks > endLogical) {
        throw this.#malformed(node, "logicalBlock", `extent ${i} is empty or out of order`);
      }
      if (!this.#volume.holds(start, blocks)) {
        throw this.#malformed(node, "startLow", `extent ${i} is outside: ${blocks} blocks from ${start} on`);
      }
      if (logicalBlock > end) runs.push(hole(end, logicalBlock));
      append(runs, { logicalBlock, blocks, deviceBlock: written ? start : undefined });
      end = logicalBlock + blocks;
    }
    if (end < endLogical) runs.push(hole(end, endLogical));
    return runs;
  }

  /** A node begins where its parent says; in the inode there is no parent. */
  #checkFirst(node: ExtentNode, entry: number, logicalBlock: number): void {
    if (entry === 1 && node.block !== undefined && logicalBlock !== node.firstLogical) {
      const why = `begins with block ${logicalBlock} of the file, where its parent says ${node.firstLogical}`;
      throw this.#malformed(node, "logicalBlock", why);
    }
  }

  /** What the first entry of an index node begins with. */
  #startOf({ bytes }: ExtentNode): number {
    return readU32Le(bytes, EXTENT_RECORD_SIZE_BYTES + extentIndexFields.logicalBlock[0]);
  }

  /** Behind the last possible entry of a block stands a checksum (`ext4_extent_block_csum_verify`). */
  #checkChecksum(node: ExtentNode): void {
    if (!this.#volume.geometry.features.metadataCsum) return;
    const max = readField(node.bytes, 0, extentHeaderFields.max);
    const tail = (max + 1) * EXTENT_RECORD_SIZE_BYTES;
    if (tail + 4 > node.bytes.length) throw this.#malformed(node, "max", `room for ${max} entries`);
    if (crc32c(this.#inode.checksumSeed, node.bytes.subarray(0, tail)) === readU32Le(node.bytes, tail))
      return;
    throw this.#malformed(node, "checksum", "its checksum does not hold", "bad-checksum");
  }

  #malformed(
    { block }: ExtentNode,
    field: string,
    why: string,
    code: "bad-field" | "bad-magic" | "bad-checksum" = "bad-field",
  ): Error {
    const at: Ext4Location = { inode: this.#inode.number, field, ...(block !== undefined && { block }) };
    return this.#volume.malformed(code, `extent node: ${why}`, at);
  }
}

function hole(logicalBlock: number, endLogical: number): BlockRun {
  return { logicalBlock, blocks: endLogical - logicalBlock, deviceBlock: undefined };
}

/** Adds a run, to the one before it where it goes on there. */
function append(runs: BlockRun[], run: BlockRun): void {
  const last = runs.at(-1);
  const joins =
    last !== undefined &&
    (last.deviceBlock === undefined
      ? run.deviceBlock === undefined
      : last.deviceBlock + last.blocks === run.deviceBlock);
  if (last === undefined || !joins) runs.push(run);
  else runs[runs.length - 1] = { ...last, blocks: last.blocks + run.blocks };
}

/** The run that holds a block, by bisection. */
function findRun(runs: readonly BlockRun[], logicalBlock: number): BlockRun | undefined {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const run = runs[middle] as BlockRun;
    if (logicalBlock < run.logicalBlock) high = middle;
    else if (logicalBlock >= run.logicalBlock + run.blocks) low = middle + 1;
    else return run;
  }
  return undefined;
}
