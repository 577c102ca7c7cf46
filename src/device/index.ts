export * from "./block-device.ts";
export * from "./memory-device.ts";
