export * from "./tar-entry.ts";
