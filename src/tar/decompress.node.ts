/** Decompression by what Node brings along. */
import { decompress } from "./decompress.ts";
import { gunzipNative } from "./gzip.node.ts";
import type { TarSource } from "./tar-stream.ts";

/** As `decompress`, gzip through `node:zlib`. */
export function decompressNative(source: TarSource): AsyncGenerator<Uint8Array, void, undefined> {
  return decompress(source, { gunzip: gunzipNative });
}
