/** A device in memory that is read for real: reads take their time, are counted, and can be made to fail. */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import type { IoOptions, WritableBlockDevice } from "../../src/device/block-device.ts";
import { fsck, zeroFile } from "./scratch-file.ts";

const chunkBytes = 4096;
/** More than any test needs. */
export const manyReads = 50_000;
const zeros = new Uint8Array(chunkBytes);

/** What an image holds, by numbers of 4096 bytes; what is not there is zeros. Arrays are never written to. */
export type Chunks = ReadonlyMap<number, Uint8Array>;

/** Told of each read before it is done, by its number from 1; what it throws the read rejects with. */
export type ReadHook = (read: number) => void | Promise<void>;

/** See the head of this file. Nothing of it is there at once: each read lets others go on before it is done. */
export class ColdDevice implements WritableBlockDevice {
  readonly name = "cold";
  readonly sizeBytes: number;
  /** So far. */
  reads = 0;
  writes = 0;
  /** A read beyond that many fails: what reads on and on comes to an end, which no timeout could bring about. */
  mostReads: number = manyReads;
  onRead: ReadHook = () => undefined;
  readonly #chunks: Map<number, Uint8Array>;

  constructor(sizeBytes: number, chunks: Chunks = new Map()) {
    this.sizeBytes = sizeBytes;
    this.#chunks = new Map(chunks);
  }

  /** What it holds, whatever is written later. */
  content(): Chunks {
    return new Map(this.#chunks);
  }

  async read(offsetBytes: number, into: Uint8Array, { signal }: IoOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.reads += 1;
    if (this.reads > this.mostReads) throw new Error(`more than ${this.mostReads} reads`);
    // What is seen there before the call has settled means nothing.
    into.fill(0xa5);
    try {
      await this.onRead(this.reads);
      await Promise.resolve();
      signal?.throwIfAborted();
    } catch (error) {
      into.fill(0);
      throw error;
    }
    for (const { index, start, at, lengthBytes } of partsOf(offsetBytes, into.length)) {
      into.set((this.#chunks.get(index) ?? zeros).subarray(start, start + lengthBytes), at);
    }
  }

  async write(offsetBytes: number, from: Uint8Array, { signal }: IoOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.writes += 1;
    for (const { index, start, at, lengthBytes } of partsOf(offsetBytes, from.length)) {
      const chunk = (this.#chunks.get(index) ?? zeros).slice();
      chunk.set(from.subarray(at, at + lengthBytes), start);
      this.#chunks.set(index, chunk);
    }
  }

  async discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    await this.write(offsetBytes, new Uint8Array(lengthBytes));
  }

  async flush(): Promise<void> {
    await Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

interface Part {
  readonly index: number;
  readonly start: number;
  readonly at: number;
  readonly lengthBytes: number;
}

function partsOf(offsetBytes: number, lengthBytes: number): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < lengthBytes; ) {
    const start = (offsetBytes + at) % chunkBytes;
    const part = Math.min(chunkBytes - start, lengthBytes - at);
    parts.push({ index: Math.floor((offsetBytes + at) / chunkBytes), start, at, lengthBytes: part });
    at += part;
  }
  return parts;
}

/** Where two images differ, by numbers of 4096 bytes. */
export function differingChunks(one: Chunks, other: Chunks): number[] {
  const numbers = [...new Set([...one.keys(), ...other.keys()])].sort((a, b) => a - b);
  return numbers.filter((number) => {
    const [a, b] = [one.get(number) ?? zeros, other.get(number) ?? zeros];
    return a !== b && Buffer.compare(a, b) !== 0;
  });
}

/** What `e2fsck -fn` complains of; nothing where the image is in order. */
export function complaintsOfChunks(sizeBytes: number, chunks: Chunks): string {
  const file = zeroFile(0);
  try {
    const handle = openSync(file.path, "r+");
    ftruncateSync(handle, sizeBytes);
    for (const [number, chunk] of chunks) writeSync(handle, chunk, 0, chunk.length, number * chunkBytes);
    closeSync(handle);
    return fsck(file);
  } finally {
    file.remove();
  }
}
