/** Where the bytes of a layer image go while it is built. */

/**
 * Takes an image's bytes, most of them front to back. A call holds up the thread
 * until it is done with what it was given, or throws. What is never written
 * reads as zeros: there may be gigabytes of that.
 *
 * The leaves of the hash tree are made while the file system is, and stand behind
 * it, at a place that is known only at its end: until then they are put aside.
 */
export interface LayerTarget {
  /** Puts bytes in their place in the image; a place may be written more than once. */
  write(offsetBytes: number, bytes: Uint8Array): void;
  /** Puts bytes aside, at an offset among the leaves. */
  putAside(offsetBytes: number, bytes: Uint8Array): void;
  /** Moves the first `lengthBytes` of what was put aside to their place in the image. */
  bringBack(offsetBytes: number, lengthBytes: number): void;
  /** Gives the image its size, when all is written. */
  end(sizeBytes: number): void;
}
