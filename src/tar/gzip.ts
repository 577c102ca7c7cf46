/**
 * Gzip (RFC 1952) by the platform's `DecompressionStream`, which checks CRC and
 * length of each member.
 *
 * Where Go's reader and the platforms differ: Go reads any number of members and
 * refuses whatever else follows one, zeros too. Browsers refuse a second member
 * as well; Node takes members and skips zeros. `gunzipNative` does as Go does.
 */
import { FormatError } from "../errors.ts";
import type { TarSource } from "./tar-stream.ts";

/**
 * How much is handed over at once. What comes out of it is held whole: deflate
 * makes at most 1032 bytes of one, so that this is at most 16.5 MiB.
 */
const pieceSizeBytes = 16 * 1024;

/**
 * Decompresses gzip.
 *
 * @throws {FormatError} `truncated` where the data ends too early, else `bad-field`.
 */
export async function* gunzip(source: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const state = { ended: false, failure: undefined as { readonly error: unknown } | undefined };
  const feeding = feed(source, writer, state);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw state.failure ? state.failure.error : gzipError(cause, state.ended);
      });
      if (done) break;
      if (value.length > 0) yield value;
    }
  } finally {
    // Whoever stops early stops the source too: the feeder's next write fails.
    await reader.cancel().catch(() => {});
    await feeding;
  }
}

/** Writes all of the source; a failure of its own is kept apart from those of the format. Never rejects. */
async function feed(
  source: TarSource,
  writer: WritableStreamDefaultWriter<BufferSource>,
  state: { ended: boolean; failure: { readonly error: unknown } | undefined },
): Promise<void> {
  // The stream's failure reaches the reading side as well: here it ends the loop.
  const quietly = (promise: Promise<unknown>): Promise<boolean> =>
    promise.then(
      () => true,
      () => false,
    );
  try {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += pieceSizeBytes) {
        // A copy: Node takes a piece for written before it was read, and the chunk is the source's again.
        const piece = new Uint8Array(chunk.subarray(at, at + pieceSizeBytes));
        if (!(await quietly(writer.write(piece)))) return;
      }
    }
    state.ended = true;
    await quietly(writer.close());
  } catch (error) {
    state.failure = { error };
    await quietly(writer.abort(error));
  }
}

/**
 * What a platform says of malformed gzip data, as an error of ours.
 *
 * @param sourceEnded true where all of the data was taken before: what is wrong with it then, in
 *   browsers, is that there is no more. Node says so by a code.
 */
export function gzipError(cause: unknown, sourceEnded: boolean): FormatError {
  const { code, message = String(cause) } = cause as { code?: unknown; message?: string };
  const details = { cause, at: { field: "gzip" } };
  return (code === undefined ? sourceEnded : code === "Z_BUF_ERROR")
    ? new FormatError("truncated", `gzip: the data ends too early (${message})`, details)
    : new FormatError("bad-field", `gzip: malformed data (${message})`, details);
}
