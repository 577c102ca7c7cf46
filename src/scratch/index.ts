export { SealedDevice, type SealedDeviceOptions, type SealedDeviceStats } from "./sealed-device.ts";
