/** What kinds of blocks there are to a volume that is written: how each is checked and given its checksum. */

/** Told apart by identity: a block that was checked as one kind is checked anew as another. */
export interface BlockKind {
  /**
   * Checks a block that comes from the device.
   *
   * @throws {FormatError} where it is not good.
   */
  check(bytes: Uint8Array, block: number): void;
  /** Puts the checksum in, before the block goes to the device. */
  seal(bytes: Uint8Array, block: number): void;
}

const nothing = (): void => undefined;

/** Metadata without a checksum of its own: inode tables, descriptors. */
export const plainBlock: BlockKind = { check: nothing, seal: nothing };

/** Content of files, which is not kept once it is on the device. */
export const dataBlock: BlockKind = { check: nothing, seal: nothing };
