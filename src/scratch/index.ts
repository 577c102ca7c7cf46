export { SealedDevice, type SealedDeviceStats } from "./sealed-device.ts";
export type { SealedDeviceOptions } from "./sealed-options.ts";
