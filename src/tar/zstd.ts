/**
 * Zstandard (RFC 8878; sections of it are named where their rules are). Ours
 * because what there is for it in JavaScript takes data at its word: one changed
 * bit of a layer can keep such a decoder busy without end, and Node 20 has none.
 *
 * Security: every length, code and offset is checked before use, and so are a
 * frame's content size and checksum where it has them. Work is bounded by what
 * comes in and what goes out. The window may have 128 MiB at most.
 */
import { createXxHash64 } from "../crypto/content-checksum.ts";
import { MalformedBlock } from "./malformed-block.ts";
import { type TarSource, TarStream } from "./tar-stream.ts";
import { decodeBlock, newBlockContext } from "./zstd-block.ts";
import {
  frameHeaderSizeBytes,
  MAX_BLOCK_SIZE_BYTES,
  parseFrameHeader,
  type ZstdFrame,
  zstdError,
} from "./zstd-frame.ts";
import { ZstdOutput } from "./zstd-output.ts";

const magicSizeBytes = 4;
const blockHeaderSizeBytes = 3;
const checksumSizeBytes = 4;

/**
 * Decompresses zstd: any number of frames, skippable ones skipped.
 *
 * @throws {FormatError} `bad-magic` for what follows a frame and is none, `bad-field`, `truncated`,
 *   `does-not-fit` for a window of more than 128 MiB.
 */
export async function* unzstd(source: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = new TarStream(source);
  const output = new ZstdOutput();
  try {
    for (;;) {
      const { offsetBytes } = stream;
      const first = await stream.take(1);
      if (first.length === 0) return;
      const start = Uint8Array.of(first[0] as number, ...(await readExactly(stream, magicSizeBytes - 1)));
      const magic = new DataView(start.buffer).getUint32(0, true);
      if (magic === 0xfd2fb528) yield* readFrame(stream, output);
      else if (magic >>> 4 === 0x184d2a5) await skipFrame(stream);
      else throw zstdError("bad-magic", "neither a frame nor a skippable one", offsetBytes);
    }
  } finally {
    await stream.close();
  }
}

async function skipFrame(stream: TarStream): Promise<void> {
  const size = await readExactly(stream, 4);
  const missing = await stream.skip(new DataView(size.buffer).getUint32(0, true));
  if (missing > 0) throw zstdError("truncated", "the data ends too early", stream.offsetBytes);
}

async function* readFrame(
  stream: TarStream,
  output: ZstdOutput,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { offsetBytes } = stream;
  const [descriptor = 0] = await readExactly(stream, 1);
  const rest = await readExactly(stream, frameHeaderSizeBytes(descriptor));
  const frame = parseFrameHeader(descriptor, rest, offsetBytes);
  const checksum = frame.hasChecksum ? await createXxHash64() : undefined;
  let sizeBytes = 0n;
  for await (const bytes of decodeBlocks(stream, frame, output)) {
    sizeBytes += BigInt(bytes.length);
    checksum?.update(bytes);
    yield bytes;
  }
  const refuse = (why: string): never => {
    throw zstdError("bad-field", why, stream.offsetBytes);
  };
  if (frame.contentSizeBytes !== undefined && frame.contentSizeBytes !== sizeBytes) {
    refuse(`a frame of ${sizeBytes} bytes that claims ${frame.contentSizeBytes}`);
  }
  if (checksum === undefined) return;
  const stored = new DataView((await readExactly(stream, checksumSizeBytes)).buffer).getUint32(0, true);
  const digest = new DataView(new Uint8Array(checksum.digest()).buffer);
  if (stored !== digest.getUint32(4)) refuse("a frame's checksum does not hold");
}

/** A frame's blocks, decompressed: raw, one byte repeated, or compressed (3.1.1.2). */
async function* decodeBlocks(
  stream: TarStream,
  frame: ZstdFrame,
  output: ZstdOutput,
): AsyncGenerator<Uint8Array, void, undefined> {
  const maxSizeBytes = Math.min(MAX_BLOCK_SIZE_BYTES, frame.windowSizeBytes);
  const context = newBlockContext();
  output.beginFrame(frame.windowSizeBytes);
  for (let isLast = false; !isLast; ) {
    const { offsetBytes } = stream;
    const [low = 0, middle = 0, high = 0] = await readExactly(stream, blockHeaderSizeBytes);
    isLast = (low & 1) === 1;
    const type = (low >> 1) & 3;
    const size = (low >> 3) | (middle << 5) | (high << 13);
    if (size > maxSizeBytes || type === 3) throw zstdError("bad-field", "no block", offsetBytes);
    const content = await readExactly(stream, type === 1 ? 1 : size);
    output.beginBlock(maxSizeBytes);
    try {
      if (type === 0) output.append(content, 0, size);
      else if (type === 1) output.fill(content[0] as number, size);
      else decodeBlock(content, context, output);
    } catch (cause) {
      if (!(cause instanceof MalformedBlock)) throw cause;
      throw zstdError("bad-field", cause.message, offsetBytes, cause);
    }
    const bytes = output.endBlock();
    if (bytes.length > 0) yield bytes;
  }
}

/** So many bytes, as a copy. No more than a block or a header is asked for. */
async function readExactly(stream: TarStream, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes);
  for (let filled = 0; filled < sizeBytes; ) {
    const piece = await stream.take(sizeBytes - filled);
    if (piece.length === 0) throw zstdError("truncated", "the data ends too early", stream.offsetBytes);
    bytes.set(piece, filled);
    filled += piece.length;
  }
  return bytes;
}
