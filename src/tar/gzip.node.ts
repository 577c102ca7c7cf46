/** Gzip through `node:zlib`, as Go's `compress/gzip` reads it. */
import { createGunzip, type Gunzip } from "node:zlib";
import { FormatError } from "../errors.ts";
import { gzipError } from "./gzip.ts";
import type { TarSource } from "./tar-stream.ts";

/** A larger piece costs fewer turns; one in the making and one being read are held. */
const outputSizeBytes = 256 * 1024;

/**
 * Decompresses gzip: any number of members, each held to its CRC and length.
 * Whatever else follows a member is refused, zeros too, as in Go.
 *
 * @throws {FormatError} `truncated` where the data ends too early, else `bad-field`.
 */
export async function* gunzipNative(source: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = createGunzip({ chunkSize: outputSizeBytes });
  const feeding = feed(source, stream);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
    // zlib stops where zeros begin, without a word.
    const failure = await feeding;
    if (failure) throw failure.error;
  } catch (error) {
    const failure = await feeding;
    if (failure) throw failure.error;
    if (error instanceof FormatError) throw error;
    const { code, message = String(error) } = error as { code?: unknown; message?: string };
    throw gzipError(code === "Z_BUF_ERROR" ? "truncated" : "bad-field", message, error);
  } finally {
    stream.destroy();
    await feeding;
  }
}

/** Writes all of the source. Settles with what failed there, or with data that follows the last member. */
async function feed(source: TarSource, stream: Gunzip): Promise<{ readonly error: unknown } | undefined> {
  let fedBytes = 0;
  // A write that is under way when zlib fails is never answered.
  const closed = new Promise<boolean>((resolve) => stream.once("close", () => resolve(false)));
  try {
    for await (const chunk of source) {
      // The chunk is the source's again once it asks for the next one: not before zlib is done with it.
      const taken = new Promise<boolean>((resolve) => {
        stream.write(chunk, (error) => resolve(!error));
      });
      if (!(await Promise.race([taken, closed]))) return undefined;
      fedBytes += chunk.length;
      if (stream.bytesWritten < fedBytes) {
        const offsetBytes = stream.bytesWritten;
        const message = `gzip: data behind the last member (byte ${offsetBytes})`;
        throw new FormatError("bad-field", message, { at: { field: "gzip", offsetBytes } });
      }
    }
    stream.end();
    return undefined;
  } catch (error) {
    stream.destroy();
    return { error };
  }
}
