import { mkdtemp, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readsAtOnce, readsDirectly } from "../../src/device/direct.ts";
import { FileDevice, type FileDeviceOptions } from "../../src/device/file-device.node.ts";
import { MemoryDevice, SliceDevice, WritableDeadlineDevice } from "../../src/device/index.ts";
import { describeBlockDeviceContract, patternBytes } from "./contract.ts";
import { describeWritableBlockDeviceContract } from "./writable-contract.ts";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sealstone-file-device-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: Uint8Array): Promise<string> {
  files += 1;
  const path = join(folder, `${files}.img`);
  await writeFile(path, content);
  return path;
}

async function subjectOf(content: Uint8Array, options: FileDeviceOptions) {
  const path = await fileOf(content);
  const device = await FileDevice.open(path, options);
  return {
    device,
    spoil: () => writeFile(path, new Uint8Array(content.length).fill(0xff), { flag: "r+" }),
    dispose: () => rm(path),
  };
}

describeBlockDeviceContract("FileDevice for reading", (content) => subjectOf(content, {}));
describeWritableBlockDeviceContract("FileDevice", (content) => subjectOf(content, { writable: true }));
describeWritableBlockDeviceContract("FileDevice that blocks", (content) =>
  subjectOf(content, { writable: true, blocking: true }),
);

// The deadline device uses its buffers again here, and files answer out of order.
describeWritableBlockDeviceContract("WritableDeadlineDevice on a FileDevice", async (content) => {
  const { device, spoil, dispose } = await subjectOf(content, { writable: true });
  return { device: new WritableDeadlineDevice(device), spoil, dispose };
});

describe("FileDevice", () => {
  test("reads into a view of WASM memory, and only there", async () => {
    const content = patternBytes(200_000);
    await using device = await FileDevice.open(await fileOf(content));
    const memory = new WebAssembly.Memory({ initial: 8, maximum: 8 });
    await device.read(1000, new Uint8Array(memory.buffer, 65_536, 150_000));
    const all = new Uint8Array(memory.buffer);
    expect(Buffer.compare(all.subarray(65_536, 215_536), content.subarray(1000, 151_000))).toBe(0);
    expect(all.subarray(0, 65_536).every((byte) => byte === 0)).toBe(true);
    expect(all.subarray(215_536).every((byte) => byte === 0)).toBe(true);
    expect(readsDirectly(device)).toBe(true);
  });

  test("that blocks has read when its call returns", async () => {
    const content = patternBytes(5000);
    const path = await fileOf(content);
    await using blocking = await FileDevice.open(path, { blocking: true });
    await using other = await FileDevice.open(path);
    const into = new Uint8Array(5000);
    const read = blocking.read(0, into);
    expect(Buffer.compare(into, content)).toBe(0);
    await read;
    expect([readsAtOnce(blocking), readsAtOnce(other)]).toEqual([true, false]);
    expect(readsAtOnce(new SliceDevice(blocking, 0, 100))).toBe(true);
    expect(readsAtOnce(new SliceDevice(other, 0, 100))).toBe(false);
    expect(readsAtOnce(new MemoryDevice(1))).toBe(true);
  });

  test.each([false, true])(
    "answers short-read where the file was cut after opening, and zeroes the buffer (blocking: %s)",
    async (blocking) => {
      const path = await fileOf(patternBytes(10_000));
      await using device = await FileDevice.open(path, { blocking });
      await truncate(path, 6000);
      const into = new Uint8Array(4000).fill(0xa5);
      await expect(device.read(4000, into)).rejects.toMatchObject({
        name: "DeviceError",
        code: "short-read",
        at: { device: path, offsetBytes: 6000 },
      });
      expect(into).toEqual(new Uint8Array(4000));
      await device.read(2000, into);
      expect(Buffer.compare(into, patternBytes(10_000).subarray(2000, 6000))).toBe(0);
    },
  );

  test("zeroes the buffer of a read that was aborted on the way", async () => {
    await using device = await FileDevice.open(await fileOf(patternBytes(10_000)));
    const controller = new AbortController();
    const reason = new Error("enough");
    const into = new Uint8Array(10_000).fill(0xa5);
    const read = device.read(0, into, { signal: controller.signal });
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    expect(into).toEqual(new Uint8Array(10_000));
  });

  test("does not see what is appended after opening", async () => {
    const path = await fileOf(patternBytes(100));
    await using device = await FileDevice.open(path);
    await truncate(path, 1000);
    expect(device.sizeBytes).toBe(100);
    await expect(device.read(100, new Uint8Array(1))).rejects.toMatchObject({ code: "out-of-bounds" });
  });

  test("reads and writes beyond 4 GiB", async () => {
    const path = await fileOf(new Uint8Array(0));
    const sizeBytes = 2 ** 33 + 12_345;
    await using device = await FileDevice.open(path, { writable: true, sizeBytes });
    expect(device.sizeBytes).toBe(sizeBytes);
    const from = patternBytes(10_000, 3);
    const into = new Uint8Array(10_000);
    for (const offsetBytes of [2 ** 31 - 5000, 2 ** 32 - 5000, 2 ** 32 + 1, sizeBytes - 10_000]) {
      await device.write(offsetBytes, from);
      await device.read(offsetBytes, into);
      expect(Buffer.compare(into, from)).toBe(0);
    }
    await device.read(5000, into);
    expect(into).toEqual(new Uint8Array(10_000));
    expect((await stat(path)).blocks * 512).toBeLessThan(1_000_000);
    await rm(path);
  });

  test("names the path of a file that is missing", async () => {
    const path = join(folder, "nothing", "here");
    await expect(FileDevice.open(path)).rejects.toMatchObject({
      name: "DeviceError",
      code: "device-missing",
      message: expect.stringContaining(path),
      at: { device: path, path },
      cause: { code: "ENOENT" },
    });
  });

  test("says device-failed where there is a file that cannot be opened", async () => {
    const path = `${await fileOf(new Uint8Array(1))}-${"long".repeat(100)}`;
    await expect(FileDevice.open(path)).rejects.toMatchObject({
      code: "device-failed",
      cause: { code: "ENAMETOOLONG" },
    });
  });

  test("refuses a folder and a character device", async () => {
    await expect(FileDevice.open(folder)).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(FileDevice.open("/dev/zero")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  test("refuses to write what is open for reading", async () => {
    await using device = await FileDevice.open(await fileOf(new Uint8Array(10)));
    expect(device.writable).toBe(false);
    const refused = { name: "UsageError", code: "unsupported" };
    await expect(device.write(0, new Uint8Array(1))).rejects.toMatchObject(refused);
    await expect(device.discard(0, 1)).rejects.toMatchObject(refused);
    await expect(device.flush()).rejects.toMatchObject(refused);
  });
});

describe("FileDevice that creates", () => {
  test("makes a file of zeros, for its owner alone", async () => {
    const path = join(folder, "made.img");
    await using device = await FileDevice.open(path, { writable: true, create: true, sizeBytes: 5000 });
    expect(device.sizeBytes).toBe(5000);
    expect(await readFile(path)).toEqual(Buffer.alloc(5000));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("keeps the bytes of a file that is there, and never cuts it", async () => {
    const content = patternBytes(3000);
    const path = await fileOf(content);
    await using shorter = await FileDevice.open(path, { writable: true, create: true, sizeBytes: 1000 });
    expect(shorter.sizeBytes).toBe(3000);
    await using longer = await FileDevice.open(path, { writable: true, sizeBytes: 4000 });
    expect(longer.sizeBytes).toBe(4000);
    expect(await readFile(path)).toEqual(Buffer.concat([content, Buffer.alloc(1000)]));
  });

  test.each([
    [{ create: true }],
    [{ sizeBytes: 10 }],
    [{ writable: true, sizeBytes: -1 }],
    [{ writable: true, sizeBytes: 1.5 }],
    [{ writable: true, sizeBytes: Number.NaN }],
  ])("refuses %o", async (options) => {
    const path = await fileOf(new Uint8Array(1));
    await expect(FileDevice.open(path, options)).rejects.toMatchObject({ code: "invalid-argument" });
    expect((await stat(path)).size).toBe(1);
  });

  test("keeps what was flushed when it is opened again", async () => {
    const path = await fileOf(new Uint8Array(4096));
    const first = await FileDevice.open(path, { writable: true });
    await first.write(7, Uint8Array.of(1, 2, 3));
    await first.flush();
    await first.close();
    const file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(3), 0, 3, 7);
    await file.close();
    expect([...buffer]).toEqual([1, 2, 3]);
  });
});
