export * from "./image-manifest.ts";
export * from "./layer-maker.ts";
export * from "./root-hashes.ts";
