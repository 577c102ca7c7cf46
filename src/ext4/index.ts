export * from "./image-output.ts";
export type { Timestamp } from "./timestamp.ts";
