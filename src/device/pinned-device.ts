/** A device of which some blocks, once fetched, stay what they were. */
import type { BlockDevice, IoOptions } from "./block-device.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import { DirectDevice } from "./direct.ts";
import { readPrivately } from "./private-read.ts";
import { checkRange } from "./range-check.ts";

const blockSizeBytes = 4096;

/** A part of a read: within a pinned block, or between two. */
interface Piece {
  readonly offsetBytes: number;
  readonly endBytes: number;
  readonly block: Uint8Array | undefined;
}

/**
 * Fetches whole blocks into memory of its own while it pins, and answers from there ever after: what was decided on
 * is what is used, whatever the device below says the next time. Everything else is passed on.
 *
 * Pinned blocks stay in memory until the device is closed: whoever pins reads little meanwhile. The device below
 * stays its owner's to close.
 */
export class PinnedDevice extends DirectDevice implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #below: BlockDevice;
  readonly #blocks: Map<number, Promise<Uint8Array>> = new Map();
  readonly #fetched: Map<number, Uint8Array> = new Map();
  readonly #calls: CallsUnderWay = new CallsUnderWay();
  #isPinning = true;

  constructor(below: BlockDevice) {
    super({ read: PinnedDevice.prototype.read, below });
    this.name = below.name;
    this.sizeBytes = below.sizeBytes;
    this.#below = below;
  }

  /** Nothing more is pinned from now on. */
  stopPinning(): void {
    this.#isPinning = false;
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const endBytes = offsetBytes + into.length;
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, into.length);
      options?.signal?.throwIfAborted();
      if (this.#isPinning) await this.#pin(offsetBytes, endBytes, options?.signal);
      const pieces = [...this.#pieces(offsetBytes, endBytes)];
      const [only] = pieces;
      if (pieces.length === 1 && only?.block === undefined) {
        await this.#below.read(offsetBytes, into, options);
        return;
      }
      await this.#gather(pieces, offsetBytes, into, options);
    } finally {
      this.#calls.leave();
    }
  }

  close(): Promise<void> {
    return this.#calls.close(async () => this.#fetched.clear());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Another thread would not know what is pinned. */
  override handle(): undefined {
    return undefined;
  }

  async #pin(offsetBytes: number, endBytes: number, signal: AbortSignal | undefined): Promise<void> {
    for (let at = floor(offsetBytes); at < endBytes; at += blockSizeBytes) {
      const fetching = this.#blocks.get(at) ?? this.#fetch(at, signal);
      this.#blocks.set(at, fetching);
      try {
        this.#fetched.set(at, await fetching);
      } catch (error) {
        // What was not fetched was not decided on.
        this.#blocks.delete(at);
        throw error;
      }
    }
  }

  async #fetch(at: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const block = new Uint8Array(Math.min(blockSizeBytes, this.sizeBytes - at));
    await readPrivately(this.#below, at, block, signal);
    return block;
  }

  /** Parts of a read in order, each as long as can be. */
  *#pieces(offsetBytes: number, endBytes: number): Generator<Piece> {
    let open = offsetBytes;
    for (let at = floor(offsetBytes); at < endBytes && this.#fetched.size > 0; at += blockSizeBytes) {
      const block = this.#fetched.get(at);
      if (block === undefined) continue;
      const [start, end] = [Math.max(offsetBytes, at), Math.min(endBytes, at + block.length)];
      if (open < start) yield { offsetBytes: open, endBytes: start, block: undefined };
      yield { offsetBytes: start, endBytes: end, block: block.subarray(start - at, end - at) };
      open = end;
    }
    if (open < endBytes || offsetBytes === endBytes) yield { offsetBytes: open, endBytes, block: undefined };
  }

  async #gather(
    pieces: readonly Piece[],
    offsetBytes: number,
    into: Uint8Array,
    options: IoOptions | undefined,
  ): Promise<void> {
    // Into memory of its own, so that a piece that fails leaves nothing of the others behind.
    const whole = new Uint8Array(into.length);
    for (const { offsetBytes: start, endBytes, block } of pieces) {
      const part = whole.subarray(start - offsetBytes, endBytes - offsetBytes);
      if (block !== undefined) part.set(block);
      else await readPrivately(this.#below, start, part, options?.signal);
    }
    into.set(whole);
  }
}

function floor(offsetBytes: number): number {
  return offsetBytes - (offsetBytes % blockSizeBytes);
}
