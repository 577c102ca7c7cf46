/** sealstone's core: everything here runs in Node, Bun, Deno and a browser alike. */
export * from "./agent/index.ts";
export * from "./crypto/index.ts";
export * from "./device/index.ts";
export * from "./errors.ts";
export * from "./ext4/index.ts";
export * from "./image/index.ts";
export * from "./layer/index.ts";
export * from "./oci/index.ts";
export * from "./overlay/index.ts";
export * from "./policy/index.ts";
export * from "./rego/index.ts";
export * from "./scratch/index.ts";
export * from "./tar/index.ts";
export * from "./tree/index.ts";
export * from "./verity/index.ts";
