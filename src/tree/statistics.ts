/** What `statfs` gives, in the shape of Node's `fs.StatFs`. */
import type { TreeStatistics } from "./file-tree.ts";

/** A file system's sizes and what is left of them, with Node's names beside the house's own. */
export class TreeStatFs {
  readonly statistics: TreeStatistics;
  readonly type: number;
  readonly bsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;

  /** @param statistics as a tree gave them. */
  constructor(statistics: TreeStatistics) {
    this.statistics = statistics;
    this.type = statistics.magic;
    this.bsize = statistics.blockSizeBytes;
    this.blocks = statistics.blocks;
    this.bfree = statistics.freeBlocks;
    this.bavail = statistics.availableBlocks;
    this.files = statistics.inodes;
    this.ffree = statistics.freeInodes;
  }
}

/** `TreeStatFs` with every number a `bigint`. */
export class BigIntTreeStatFs {
  readonly statistics: TreeStatistics;
  readonly type: bigint;
  readonly bsize: bigint;
  readonly blocks: bigint;
  readonly bfree: bigint;
  readonly bavail: bigint;
  readonly files: bigint;
  readonly ffree: bigint;

  /** @param statistics as a tree gave them. */
  constructor(statistics: TreeStatistics) {
    this.statistics = statistics;
    this.type = BigInt(statistics.magic);
    this.bsize = BigInt(statistics.blockSizeBytes);
    this.blocks = BigInt(statistics.blocks);
    this.bfree = BigInt(statistics.freeBlocks);
    this.bavail = BigInt(statistics.availableBlocks);
    this.files = BigInt(statistics.inodes);
    this.ffree = BigInt(statistics.freeInodes);
  }
}
