/**
 * Gzip (RFC 1952) in any runtime: any number of members, as pigz, bgzip and the
 * makers of seekable layers write them.
 *
 * Through `pako`, a port of zlib: it is what says where a member ends, and checks
 * its header, CRC and length. The platform's `DecompressionStream` does not: in
 * browsers it refuses a second member, and does not say how much it took.
 *
 * Where Go's reader and zlib differ, zlib is followed: a header's reserved flags
 * are refused (RFC 1952, 2.3.1.2), and names of any length are skipped.
 */
import { FormatError } from "../errors.ts";
import type { TarSource } from "./tar-stream.ts";

/** As much is held at a time, whatever the data unpacks to, and the 32 KiB that matches reach back. */
const outputSizeBytes = 64 * 1024;
/** A window of 32 KiB, the most that deflate has; a gzip header and trailer around it. */
const gzipWindowBits = 15 + 16;

/**
 * Decompresses gzip: any number of members, each held to its CRC and length.
 * Whatever else follows a member is refused, zeros too, as in Go.
 *
 * @param source host- or user-controlled; its own errors pass through unchanged.
 * @throws {FormatError} `truncated` where the data ends too early, else `bad-field`.
 */
export async function* gunzip(source: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  // Loaded by whom it serves: in Node `gunzipNative` takes its place.
  const { ZStream, Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, ...zlib } = await import("pako");
  const output = new Uint8Array(outputSizeBytes);
  const stream = new ZStream();
  zlib.zlibInflateInit2(stream, gzipWindowBits);
  let memberEnded = false;
  for await (const chunk of source) {
    stream.input = chunk;
    stream.next_in = 0;
    stream.avail_in = chunk.length;
    // A full output may not have been all.
    while (stream.avail_in > 0 || (stream.avail_out === 0 && !memberEnded)) {
      if (memberEnded) zlib.zlibInflateReset(stream);
      stream.output = output;
      stream.next_out = 0;
      stream.avail_out = output.length;
      const status = zlib.zlibInflate(stream, Z_NO_FLUSH);
      // Nothing to take and nothing to give is no error while more may come.
      if (status !== Z_OK && status !== Z_STREAM_END && status !== Z_BUF_ERROR) {
        throw gzipError("bad-field", stream.msg);
      }
      memberEnded = status === Z_STREAM_END;
      if (stream.next_out > 0) yield output.subarray(0, stream.next_out);
    }
  }
  if (!memberEnded) throw gzipError("truncated", "unexpected end of file");
}

/** What zlib says of malformed gzip data, as an error of ours. */
export function gzipError(code: "truncated" | "bad-field", message: string, cause?: unknown): FormatError {
  const what = code === "truncated" ? "the data ends too early" : "malformed data";
  return new FormatError(code, `gzip: ${what} (${message})`, {
    at: { field: "gzip" },
    ...(cause !== undefined && { cause }),
  });
}
