export * from "./block-device.ts";
export * from "./deadline-device.ts";
export * from "./device-handle.ts";
export { deviceHandle } from "./direct.ts";
export * from "./http-range-device.ts";
export * from "./memory-device.ts";
export * from "./open-device-handle.ts";
export * from "./pinned-device.ts";
export * from "./slice-device.ts";
