import { expect, test } from "vitest";
import { readsDirectly } from "../../src/device/direct.ts";
import { deviceHandle, MemoryDevice, PinnedDevice } from "../../src/device/index.ts";
import { DeviceError } from "../../src/errors.ts";
import { HostileDevice } from "../../src/testing/index.ts";
import {
  describeBlockDeviceContract,
  expectBytes,
  expectNothingLeaked,
  markedBytes,
  patternBytes,
} from "./contract.ts";

describeBlockDeviceContract("PinnedDevice while it pins", async (content) => {
  const below = new MemoryDevice(content.slice());
  return {
    device: new PinnedDevice(below),
    spoil: () => below.write(0, new Uint8Array(below.sizeBytes).fill(0xff)),
  };
});

describeBlockDeviceContract("PinnedDevice with pinned blocks", async (content) => {
  const below = new MemoryDevice(content.slice());
  const device = new PinnedDevice(below);
  for (const at of [1030, 20_000, content.length - 1]) await device.read(at, new Uint8Array(1));
  device.stopPinning();
  return { device, spoil: () => below.write(0, new Uint8Array(below.sizeBytes).fill(0xff)) };
});

const content = patternBytes(5 * 4096 + 512);

test("what was pinned is fetched once, and stays what it was", async () => {
  const host = new HostileDevice(new MemoryDevice(content.slice()));
  const device = new PinnedDevice(host);
  await device.read(5000, new Uint8Array(100));
  await device.read(8000, new Uint8Array(100));
  await device.read(content.length - 512, new Uint8Array(512));
  device.stopPinning();
  const fetched = host.trace.map(({ offsetBytes, lengthBytes }) => [offsetBytes, lengthBytes]);
  expect(fetched).toEqual([
    [4096, 4096],
    [20_480, 512],
  ]);
  await host.write(0, new Uint8Array(content.length).fill(0xee));
  const now = new Uint8Array(content.length);
  await device.read(0, now);
  const expected = new Uint8Array(content.length).fill(0xee);
  expected.set(content.subarray(4096, 8192), 4096);
  expected.set(content.subarray(20_480), 20_480);
  expectBytes(now, expected);
  const reads = host.trace.filter(({ asked }) => asked === "read").slice(2);
  expect(
    reads.every(({ offsetBytes, lengthBytes }) => offsetBytes + lengthBytes <= 4096 || offsetBytes >= 8192),
  ).toBe(true);
});

test("calls that overlap while it pins fetch a block once", async () => {
  const host = new HostileDevice(new MemoryDevice(content.slice()));
  const device = new PinnedDevice(host);
  await Promise.all([1, 2, 3].map((at) => device.read(at, new Uint8Array(10))));
  expect(host.trace).toHaveLength(1);
});

test("a block that could not be fetched is not pinned, and leaves nothing behind", async () => {
  const host = new HostileDevice(new MemoryDevice(content.slice()));
  host.plan({ fault: { kind: "fail", when: "after" } });
  const device = new PinnedDevice(host);
  const into = markedBytes(100);
  await expect(device.read(0, into)).rejects.toThrow(DeviceError);
  expectNothingLeaked(into);
  await device.read(0, into);
  expectBytes(into, content.subarray(0, 100));
});

test("it reads as directly as what lies below, and no other thread reads past it", () => {
  expect(readsDirectly(new PinnedDevice(new MemoryDevice(10)))).toBe(true);
  expect(readsDirectly(new PinnedDevice(new HostileDevice(10)))).toBe(false);
  expect(deviceHandle(new PinnedDevice(new MemoryDevice(10, { shared: true })))).toBeUndefined();
});
