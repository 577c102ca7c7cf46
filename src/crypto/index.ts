export * from "./algorithms.ts";
export * from "./block-hasher.ts";
export { type CompiledModule, hasSimd, type InitOptions, init } from "./core.ts";
export * from "./create-block-hasher.ts";
export { createHmacSha256Hasher, type HmacHasherOptions } from "./sha256-hasher.ts";
export * from "./stream-hasher.ts";
export * from "./web-worker.ts";
export * from "./worker-jobs.ts";
export * from "./worker-pool.ts";
