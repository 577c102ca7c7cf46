export * from "./host-fault.ts";
export { HostileDevice, type HostileDeviceOptions } from "./hostile-device.ts";
export * from "./random-host.ts";
export * from "./seeded-random.ts";
