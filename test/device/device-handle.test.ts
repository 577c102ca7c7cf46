import { mkdtemp, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FileDevice } from "../../src/device/file-device.node.ts";
import {
  type BlockDevice,
  DeadlineDevice,
  type DeviceHandle,
  deviceHandle,
  HttpRangeDevice,
  MemoryDevice,
  openDeviceHandle,
  SliceDevice,
} from "../../src/device/index.ts";
import { describeBlockDeviceContract, expectBytes, patternBytes } from "./contract.ts";
import { type RangeServer, startRangeServer } from "./range-server.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealstone-device-handle-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The device as it comes out at another thread's end. */
async function passOn(device: BlockDevice): Promise<BlockDevice> {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(deviceHandle(device));
  const received = receiveMessageOnPort(port2)?.message as DeviceHandle;
  port1.close();
  return openDeviceHandle(received, FileDevice.reopen);
}

async function sharedMemory(content: Uint8Array): Promise<MemoryDevice> {
  const device = new MemoryDevice(content.length, { shared: true, name: "shared" });
  await device.write(0, content);
  return device;
}

describeBlockDeviceContract("a MemoryDevice from a handle", async (content) => ({
  device: await passOn(await sharedMemory(content)),
}));

describeBlockDeviceContract("a FileDevice from a handle", async (content) => {
  const path = join(folder, "contract.img");
  await writeFile(path, content);
  await using device = await FileDevice.open(path);
  return { device: await passOn(device) };
});

describeBlockDeviceContract("slices and deadlines from a handle", async (content) => {
  const whole = await sharedMemory(new Uint8Array([1, 2, ...content, 3]));
  return { device: await passOn(new SliceDevice(new DeadlineDevice(whole), 2, content.length)) };
});

describe("deviceHandle", () => {
  test("shares memory, both ways", async () => {
    const device = await sharedMemory(new Uint8Array(10));
    const other = await passOn(device);
    expect(other.name).toBe("shared");
    await device.write(3, Uint8Array.of(7));
    const into = new Uint8Array(10);
    await other.read(0, into);
    expect(into[3]).toBe(7);
    await other.close();
    await device.read(0, into);
    expect(into[3]).toBe(7);
  });

  test("is undefined where another thread cannot reach the device", () => {
    const memory = new MemoryDevice(10);
    expect(deviceHandle(memory)).toBeUndefined();
    expect(deviceHandle(new SliceDevice(memory, 0, 5))).toBeUndefined();
    expect(deviceHandle(new DeadlineDevice(memory))).toBeUndefined();
    const { read, close } = memory;
    const stranger = { name: "stranger", sizeBytes: 10, read, close, [Symbol.asyncDispose]: close };
    expect(deviceHandle(stranger)).toBeUndefined();
    expect(deviceHandle(new DeadlineDevice(stranger))).toBeUndefined();
  });

  test("is undefined where a device's read was replaced, or one below it", async () => {
    const device = await sharedMemory(new Uint8Array(10));
    const slice = new SliceDevice(device, 0, 10);
    const deadline = new DeadlineDevice(slice);
    expect(deviceHandle(deadline)).toBeDefined();
    device.read = async () => {};
    for (const above of [device, slice, deadline]) expect(deviceHandle(above)).toBeUndefined();
  });

  test("keeps names, sizes and deadlines", async () => {
    const below = new SliceDevice(await sharedMemory(new Uint8Array(10)), 2, 6, { name: "hash area" });
    const other = await passOn(new DeadlineDevice(below, { deadlineMs: 1234 }));
    expect(other).toMatchObject({ name: "hash area", sizeBytes: 6, deadlineMs: 1234 });
  });
});

describe("the handle of a FileDevice", () => {
  const content = patternBytes(5000);
  let path: string;
  let device: FileDevice;
  beforeEach(async () => {
    path = join(folder, "file.img");
    await writeFile(path, content);
    device = await FileDevice.open(path);
  });
  afterEach(() => device.close());

  async function expectContent(other: BlockDevice): Promise<void> {
    const into = new Uint8Array(5000);
    await other.read(0, into);
    expectBytes(into, content);
    await other.close();
  }

  test("outlives the device that it describes, and leaves it open", async () => {
    const [first, second] = [await passOn(device), await passOn(device)];
    await expectContent(first);
    await expectContent(device);
    await expectContent(second);
  });

  test("is for reading", async () => {
    await using writable = await FileDevice.open(path, { writable: true });
    const other = (await passOn(writable)) as FileDevice;
    await expect(other.write(0, new Uint8Array(1))).rejects.toMatchObject({ code: "unsupported" });
    await expectContent(other);
  });

  test.runIf(process.platform === "linux")("follows a file that was renamed or unlinked", async () => {
    await rename(path, `${path}.old`);
    await writeFile(path, new Uint8Array(5000));
    await expectContent(await passOn(device));
    await unlink(`${path}.old`);
    await expectContent(await passOn(device));
  });

  test("opens no other file in its place", async () => {
    const handle = deviceHandle(device) as DeviceHandle;
    await rename(path, `${path}.old`);
    await writeFile(path, content);
    await device.close();
    await unlink(`${path}.old`);
    await expect(openDeviceHandle(handle, FileDevice.reopen)).rejects.toMatchObject({
      name: "DeviceError",
      code: "content-changed",
      at: { device: path, path },
    });
  });

  test("needs an opener", async () => {
    const handle = deviceHandle(device) as DeviceHandle;
    await expect(openDeviceHandle(handle)).rejects.toMatchObject({ name: "UsageError", code: "unsupported" });
  });
});

describe("the handle of an HttpRangeDevice", () => {
  let server: RangeServer;
  beforeEach(async () => {
    server = await startRangeServer(patternBytes(5000));
  });
  afterEach(() => server.close());

  test("opens the same version without a request, headers and all", async () => {
    await using device = await HttpRangeDevice.open(`${server.url}?key`, { headers: { "X-Key": "a" } });
    await using other = await passOn(device);
    expect(server.requests).toHaveLength(1);
    expect(other).toMatchObject({ name: server.url, sizeBytes: 5000 });
    const into = new Uint8Array(100);
    await other.read(50, into);
    expectBytes(into, server.content.subarray(50, 150));
    expect(server.requests[1]).toMatchObject({ url: "/layers/one.img?key", headers: { "x-key": "a" } });
    server.etag = '"version 2"';
    await expect(other.read(50, into)).rejects.toMatchObject({ code: "content-changed" });
  });

  test("is undefined with a fetch of one's own", async () => {
    await using device = await HttpRangeDevice.open(server.url, { fetch: (url, init) => fetch(url, init) });
    expect(deviceHandle(device)).toBeUndefined();
  });
});
