export * from "./block-ranges.ts";
export * from "./geometry.ts";
export * from "./identity.ts";
export * from "./placement.ts";
export * from "./root-hash-signature.ts";
export * from "./superblock.ts";
