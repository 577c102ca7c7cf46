export * from "./tar-entry.ts";
export * from "./tar-reader.ts";
export type { TarSource } from "./tar-stream.ts";
