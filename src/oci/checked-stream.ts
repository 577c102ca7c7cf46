/** Streams held against the size and the digest that they were named by. */
import { createStreamHasher, type StreamHasherFactory } from "../crypto/stream-hasher.ts";
import { FormatError, IntegrityError } from "../errors.ts";
import { type Digest, digestParts, formatDigest } from "./digest.ts";

/** What a stream has to be. */
export interface StreamClaim {
  /** Names the stream in errors. */
  readonly name: string;
  readonly digest: Digest | undefined;
  /** `undefined` where nobody said. */
  readonly sizeBytes: number | undefined;
}

/**
 * Passes a stream on and checks it: more bytes than claimed fail at once, fewer or
 * others at the end. A consumer who stops early has checked nothing.
 *
 * @throws {IntegrityError} `digest-mismatch`.
 */
export async function* checkedStream(
  source: AsyncIterable<Uint8Array>,
  claim: StreamClaim,
  createHasher: StreamHasherFactory = createStreamHasher,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { name, digest, sizeBytes } = claim;
  const expected = digest && digestParts(digest);
  const hasher = expected && (await createHasher(expected.algorithm));
  let doneBytes = 0;
  for await (const chunk of source) {
    if (sizeBytes !== undefined && chunk.length > sizeBytes - doneBytes) {
      throw mismatch(name, `holds more than the ${sizeBytes} bytes that it is said to have`);
    }
    doneBytes += chunk.length;
    hasher?.update(chunk);
    yield chunk;
  }
  if (sizeBytes !== undefined && doneBytes !== sizeBytes) {
    throw mismatch(name, `ends after ${doneBytes} of the ${sizeBytes} bytes that it is said to have`);
  }
  if (expected === undefined || hasher === undefined) return;
  const found = formatDigest(expected.algorithm, hasher.digest());
  if (found !== digest) throw mismatch(name, `is ${found}, not ${digest}`);
}

/**
 * Reads a stream whole into memory.
 *
 * @param maxSizeBytes the most that it may hold, whatever anyone claims.
 * @param name names the stream in errors.
 * @throws {FormatError} `does-not-fit` for a longer one.
 */
export async function collectStream(
  source: AsyncIterable<Uint8Array>,
  maxSizeBytes: number,
  name: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of source) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxSizeBytes) throw tooLarge(name, maxSizeBytes);
    chunks.push(new Uint8Array(chunk));
  }
  const bytes = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** The error for a document that is larger than documents may be. */
export function tooLarge(name: string, maxSizeBytes: number): FormatError {
  return new FormatError(
    "does-not-fit",
    `${name} is larger than ${maxSizeBytes} bytes, the most that is read of such a document`,
  );
}

function mismatch(name: string, problem: string): IntegrityError {
  return new IntegrityError("digest-mismatch", `${name} ${problem}: it was damaged or replaced`);
}
