export * from "./algorithms.ts";
export * from "./block-hasher.ts";
export * from "./create-block-hasher.ts";
