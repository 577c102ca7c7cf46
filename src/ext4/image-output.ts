/** Where a file system's image goes while it is written. */

/**
 * Takes an image front to back, and afterwards the few blocks that are final
 * only at the end. The writer waits for a promise before its next call; one that
 * has nothing to wait for returns nothing, and costs no turn of the event loop.
 */
export interface ImageOutput {
  /**
   * The next bytes of the image, any number of them. They are the caller's again
   * when the call returns, or when its promise settles.
   */
  append(bytes: Uint8Array): void | Promise<void>;
  /** The same for a run of zeros: there may be gigabytes of them. */
  appendZeros(lengthBytes: number): void | Promise<void>;
  /**
   * As `append`, of whole blocks of 4096 bytes on a block's border, which may be
   * rewritten later. No others are: what hashes an image as it comes can be done
   * with them.
   */
  appendRewritable(bytes: Uint8Array): void | Promise<void>;
  /**
   * Replaces whole blocks that came by `appendRewritable`: block 0, the group
   * descriptors, and a block of extended attributes when its file comes again.
   * A block may be rewritten more than once; the last one holds.
   *
   * @param offsetBytes a multiple of 4096, below what was appended.
   */
  rewrite(offsetBytes: number, bytes: Uint8Array): void | Promise<void>;
}
