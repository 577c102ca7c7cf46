/** What a kernel is asked about a verity volume, and what it answers. */

/** A volume to open in the kernel and to read block by block. */
export interface KernelCase {
  /** Letters, digits, dots and dashes; unique in its batch. */
  readonly name: string;
  /** The device of the data, and of all that is not on a device of its own. Multiples of 512 bytes. */
  readonly data: Uint8Array;
  /** The hash device; absent where it is the data device. */
  readonly hash?: Uint8Array;
  /** The device of the FEC area; absent where there is none. */
  readonly fec?: Uint8Array | "data" | "hash";
  readonly rootHash: string;
  readonly dataBlockSize: number;
  /** Further options of `veritysetup open`, such as `--hash-offset=4096`. */
  readonly options?: readonly string[];
  /** A file given as `--root-hash-signature`. */
  readonly signature?: Uint8Array;
}

/** A range of data blocks, both ends included. */
export type BlockSpan = readonly [first: number, last: number];

/** What the kernel made of a case. */
export interface KernelResult {
  readonly name: string;
  /** What `veritysetup open` exited with. Where it is not 0, nothing was read. */
  readonly openStatus: number;
  /** What `veritysetup open` said. */
  readonly openOutput: string;
  /** Data blocks whose read gave EIO, rising. */
  readonly unreadable: readonly BlockSpan[];
  /** SHA-256, in hex, of all readable blocks one after the other. */
  readonly readableSha256: string | undefined;
  /** dm-verity's word: `V` until the first corruption, `C` after it. */
  readonly status: "V" | "C" | undefined;
}

/** Rising numbers as spans. */
export function spansOf(numbers: readonly number[]): BlockSpan[] {
  const spans: [first: number, last: number][] = [];
  for (const number of numbers) {
    const span = spans.at(-1);
    if (span !== undefined && span[1] === number - 1) span[1] = number;
    else spans.push([number, number]);
  }
  return spans;
}

/** The numbers that spans hold. */
export function blocksIn(spans: readonly BlockSpan[]): number[] {
  return spans.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
}
