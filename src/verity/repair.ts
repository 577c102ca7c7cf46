/**
 * What a verified device asks of forward error correction. A repairer is never
 * trusted: what it returns is copied into private memory and held against
 * `expectedDigest` there, so the worst it can do is fail to help.
 */

/** Finds the true bytes of a block whose bytes on the host's device are not. */
export interface BlockRepairer {
  /**
   * Rebuilds a data block.
   *
   * @param block number of the data block, less than the identity's `dataBlocks`.
   * @param expectedDigest the digest that the verified tree holds for it; the repairer keeps no view of it.
   * @returns `dataBlockSize` bytes worth trying, or `undefined` where too much is lost.
   * @throws {DeviceError} when the devices it reads fail; `signal.reason` after an abort.
   */
  repairDataBlock(
    block: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined>;
  /**
   * Rebuilds a hash block.
   *
   * @param level tree level, 0 = leaves.
   * @param index number of the block within its level.
   * @param expectedDigest its digest, from its verified parent or the root hash.
   * @returns `hashBlockSize` bytes worth trying, or `undefined` where too much is lost.
   * @throws {DeviceError} when the devices it reads fail; `signal.reason` after an abort.
   */
  repairHashBlock(
    level: number,
    index: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined>;
  /** Lets its memory go; the devices stay open. Calls under way may reject. */
  close(): void;
}
