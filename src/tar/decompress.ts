/** Compressed streams taken as they are: gzip and zstd, recognised by their first bytes. */
import { recogniseCompression } from "./compression.ts";
import { gunzip } from "./gzip.ts";
import type { TarSource } from "./tar-stream.ts";
import { unzstd } from "./zstd.ts";

/** Decompresses one format; made for streams that have its magic. */
export type Decompressor = (source: TarSource) => AsyncGenerator<Uint8Array, void, undefined>;

/** What takes the place of the portable decompressors. */
export interface DecompressOptions {
  readonly gunzip?: Decompressor;
  readonly unzstd?: Decompressor;
}

/**
 * The bytes of a stream, decompressed where they are gzip (all members) or zstd
 * (all frames), else as they come. In Node, `decompressNative` is twice
 * as fast on gzip.
 *
 * Pulls from the source only as it is pulled from: a bomb waits. Less than 1 MiB
 * is held at a time, with zstd also the frame's window (128 MiB at most).
 * A chunk keeps what it holds until the next one is asked for. The end of the
 * stream is checked only where it is read to: see `TarReader.drain`.
 *
 * @param source host- or user-controlled; its own errors pass through unchanged.
 * @throws {FormatError} for malformed or truncated data, while iterating.
 */
export async function* decompress(
  source: TarSource,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { compression, source: whole } = await recogniseCompression(source);
  if (compression === "gzip") yield* (options.gunzip ?? gunzip)(whole);
  else if (compression === "zstd") yield* (options.unzstd ?? unzstd)(whole);
  else yield* whole;
}
