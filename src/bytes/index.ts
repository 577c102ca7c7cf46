export * from "./codec.ts";
export * from "./compare.ts";
export * from "./copy.ts";
export * from "./hex.ts";
export * from "./latin1.ts";
export * from "./printable.ts";
export * from "./transfer-buffer.ts";
export * from "./wipe.ts";
