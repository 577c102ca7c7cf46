export * from "./compression.ts";
export * from "./decompress.ts";
export { gunzip } from "./gzip.ts";
export * from "./tar-entry.ts";
export * from "./tar-reader.ts";
export type { TarSource } from "./tar-stream.ts";
export * from "./tar-writer.ts";
export { unzstd } from "./zstd.ts";
