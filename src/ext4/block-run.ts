/** Where the blocks of a file stand on the device, as extents and indirect blocks both say it. */
import type { IoOptions } from "../device/block-device.ts";

/** Consecutive blocks of a file that stand together, or that stand nowhere. */
export interface BlockRun {
  /** The first block's number in the file. */
  readonly logicalBlock: number;
  /** At least 1. */
  readonly blocks: number;
  /** The first block's number on the device; undefined for a hole and for blocks not yet written, which are zeros. */
  readonly deviceBlock: number | undefined;
}

/** Finds the blocks of one file. */
export interface BlockMap {
  /**
   * A run that holds a block of the file, as long as is known without reading more.
   *
   * @param logicalBlock below 2^32.
   * @throws {FormatError} for a malformed node on the way.
   */
  find(logicalBlock: number, options: IoOptions): Promise<BlockRun>;
}
