/** Which compression a stream has, by its first bytes. */
import type { TarSource } from "./tar-stream.ts";

/** "none" for whatever is neither gzip nor zstd. */
export type Compression = "gzip" | "zstd" | "none";

/** A stream whose beginning was looked at, and the whole of it. */
export interface RecognisedStream {
  readonly compression: Compression;
  /** All bytes, the beginning included; to be read once. */
  readonly source: AsyncGenerator<Uint8Array, void, undefined>;
}

const magicSizeBytes = 4;

/** Reads as much of the source as tells what it is. */
export async function recogniseCompression(source: TarSource): Promise<RecognisedStream> {
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let start: Uint8Array = new Uint8Array();
  let ended = false;
  while (start.length < magicSizeBytes && !ended) {
    const { done, value } = await iterator.next();
    ended = done === true;
    if (!done) start = start.length === 0 ? value : concat(start, value);
    // The next chunk may take the memory of this one.
    if (start.length < magicSizeBytes) start = new Uint8Array(start);
  }
  return { compression: compressionOf(start), source: chain(start, iterator, ended) };
}

/** RFC 1952, 2.3.1; RFC 8878, 3.1.1 and 3.1.2. */
function compressionOf(start: Uint8Array): Compression {
  const [a, b, c, d] = start;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "zstd";
  if (a !== undefined && a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18) return "zstd";
  return "none";
}

async function* chain(
  start: Uint8Array,
  iterator: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  ended: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = ended;
  try {
    if (start.length > 0) yield start;
    while (!done) {
      // A source that fails is not closed on top of it.
      done = true;
      const result = await iterator.next();
      if (result.done) return;
      done = false;
      yield result.value;
    }
  } finally {
    if (!done) await iterator.return?.();
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
