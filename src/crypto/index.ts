export * from "./algorithms.ts";
export * from "./block-hasher.ts";
export * from "./create-block-hasher.ts";
export * from "./web-worker.ts";
export * from "./worker-jobs.ts";
export * from "./worker-pool.ts";
