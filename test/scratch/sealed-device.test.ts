import { describe, expect, test, vi } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { Core } from "../../src/crypto/core.ts";
import { createSectorCipher } from "../../src/crypto/create-sector-cipher.ts";
import { createNativeSectorCipher } from "../../src/crypto/native-sector-cipher.node.ts";
import { type IoOptions, MemoryDevice } from "../../src/device/index.ts";
import { DeviceError, IntegrityError, StateError, UsageError } from "../../src/errors.ts";
import { SealedDevice } from "../../src/scratch/sealed-device.ts";
import { WriteSequence } from "../../src/scratch/write-sequence.ts";
import { expectBytes, expectNothingLeaked, markedBytes, patternBytes } from "../device/contract.ts";
import { describeWritableBlockDeviceContract } from "../device/writable-contract.ts";

const sectorSize = 4096;
const sectors = 19;

describeWritableBlockDeviceContract("SealedDevice", async (content) => {
  const device = await SealedDevice.create(new MemoryDevice(content.length));
  await device.write(0, content);
  return { device };
});

const ciphers = [
  { suite: "aes-256-gcm", name: "core", createCipher: createSectorCipher },
  { suite: "aes-256-xts-hmac-sha256", name: "core", createCipher: createSectorCipher },
  { suite: "chacha20-poly1305", name: "node:crypto", createCipher: createNativeSectorCipher },
  { suite: "aes-256-xts-hmac-sha256", name: "node:crypto", createCipher: createNativeSectorCipher },
] as const;

for (const { suite, name, createCipher } of ciphers) {
  describeWritableBlockDeviceContract(`SealedDevice of ${suite} by ${name}`, async (content) => {
    const device = await SealedDevice.create(new MemoryDevice(content.length), { suite, createCipher });
    await device.write(0, content);
    return { device };
  });
}

test.each(ciphers)("a device of $suite by $name refuses older and changed sectors", async (options) => {
  const host = new MemoryDevice(8 * 4096);
  const device = await SealedDevice.create(host, options);
  const older = new Uint8Array(4096);
  await device.write(0, older.fill(1));
  await host.read(0, older);
  await device.write(0, new Uint8Array(8 * 4096).fill(2));
  const into = new Uint8Array(8 * 4096);
  await device.read(0, into);
  expect(into.every((byte) => byte === 2)).toBe(true);
  await host.write(0, older);
  await expect(device.read(0, into)).rejects.toMatchObject({ code: "sector-mismatch", at: { sector: 0 } });
  expect(into.every((byte) => byte === 0)).toBe(true);
  await host.write(5 * 4096 + 7, Uint8Array.of(1));
  await expect(device.read(4096, into.subarray(4096))).rejects.toMatchObject({ at: { sector: 5 } });
  await device.close();
});

describeWritableBlockDeviceContract("SealedDevice with sectors of 512 bytes", async (content) => {
  const device = await SealedDevice.create(new MemoryDevice(content.length), { sectorSizeBytes: 512 });
  await device.write(0, content);
  return { device };
});

/** A host that holds the bytes in the open, counts what is asked of it, and fails when told to. */
class Host extends MemoryDevice {
  readonly bytes: Uint8Array;
  reads = 0;
  writes = 0;
  /** Makes the next write fail, after it was done or instead. */
  failing: "before" | "after" | undefined;
  /** The next write waits for it. */
  gate: Promise<void> | undefined;

  constructor(content: Uint8Array) {
    super(content);
    this.bytes = content;
  }

  override async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    this.reads++;
    await super.read(offsetBytes, into, options);
  }

  override async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    this.writes++;
    const { failing, gate } = this;
    this.failing = undefined;
    this.gate = undefined;
    await gate;
    if (failing === "before") throw new Error("EIO");
    await super.write(offsetBytes, from, options);
    if (failing === "after") throw new Error("EIO");
  }

  sector(index: number): Uint8Array {
    return this.bytes.subarray(index * sectorSize, (index + 1) * sectorSize);
  }
}

async function made(): Promise<{ host: Host; device: SealedDevice; content: Uint8Array }> {
  const host = new Host(patternBytes(sectors * sectorSize, 7));
  const device = await SealedDevice.create(host);
  const content = patternBytes(sectors * sectorSize);
  await device.write(0, content);
  return { host, device, content };
}

async function sectorAt(device: SealedDevice, sector: number): Promise<Uint8Array> {
  const into = markedBytes(sectorSize);
  try {
    await device.read(sector * sectorSize, into);
  } catch (error) {
    expectNothingLeaked(into);
    throw error;
  }
  return into;
}

describe("what the host does to the bytes", () => {
  const mismatch = (sector: number) => ({ code: "sector-mismatch", at: { sector } });

  test("H1: a flipped bit anywhere in a sector is refused, and restored it is read again", async () => {
    const { host, device, content } = await made();
    for (const at of [0, 1, 2048, sectorSize - 1]) {
      for (let bit = 0; bit < 8; bit++) {
        host.sector(3)[at] = (host.sector(3)[at] as number) ^ (1 << bit);
        await expect(sectorAt(device, 3)).rejects.toMatchObject(mismatch(3));
        host.sector(3)[at] = (host.sector(3)[at] as number) ^ (1 << bit);
      }
    }
    expectBytes(await sectorAt(device, 3), content.subarray(3 * sectorSize, 4 * sectorSize));
  });

  test("H4: a sector in the place of another is refused", async () => {
    const { host, device } = await made();
    const [four, five] = [host.sector(4).slice(), host.sector(5).slice()];
    host.sector(4).set(five);
    host.sector(5).set(four);
    await expect(sectorAt(device, 4)).rejects.toMatchObject(mismatch(4));
    await expect(sectorAt(device, 5)).rejects.toMatchObject(mismatch(5));
  });

  test("H5: an older state of a sector is refused, though it was true once", async () => {
    const { host, device, content } = await made();
    const older = host.sector(6).slice();
    await device.write(6 * sectorSize, content.subarray(0, sectorSize));
    host.sector(6).set(older);
    await expect(sectorAt(device, 6)).rejects.toBeInstanceOf(IntegrityError);
  });

  test("H6: a rollback of the whole disk is refused at every sector that has changed since, and there alone", async () => {
    const { host, device, content } = await made();
    const snapshot = host.bytes.slice();
    await device.write(8 * sectorSize + 100, new Uint8Array(1));
    await device.write(9 * sectorSize, content.subarray(0, 3 * sectorSize));
    host.bytes.set(snapshot);
    for (let sector = 0; sector < sectors; sector++) {
      const read = sectorAt(device, sector);
      if (sector >= 8 && sector < 12) await expect(read).rejects.toMatchObject(mismatch(sector));
      else expectBytes(await read, content.subarray(sector * sectorSize, (sector + 1) * sectorSize));
    }
  });

  test("H18: zeros in a sector's place are no zeros", async () => {
    const { host, device } = await made();
    host.sector(2).fill(0);
    await expect(sectorAt(device, 2)).rejects.toMatchObject(mismatch(2));
  });

  test("a sector of another device is refused", async () => {
    const [one, other] = [await made(), await made()];
    one.host.bytes.set(other.host.bytes);
    await expect(sectorAt(one.device, 0)).rejects.toMatchObject(mismatch(0));
  });

  test("a long read names the first bad sector and how many there are, and leaks nothing", async () => {
    const { host, device } = await made();
    host.sector(5).fill(1);
    host.sector(7).fill(1);
    const into = markedBytes(sectors * sectorSize);
    await expect(device.read(0, into)).rejects.toThrow("sector 5 and 1 after it");
    expectNothingLeaked(into);
  });

  test("a failed check changes nothing: a part of the sector is refused too, and a whole one heals it", async () => {
    const { host, device, content } = await made();
    host.sector(1).fill(0);
    await expect(device.write(sectorSize + 5, new Uint8Array(5))).rejects.toMatchObject(mismatch(1));
    await expect(sectorAt(device, 1)).rejects.toMatchObject(mismatch(1));
    await device.write(sectorSize, content.subarray(0, sectorSize));
    expectBytes(await sectorAt(device, 1), content.subarray(0, sectorSize));
  });
});

describe("sectors without content", () => {
  test("H19: are zeros whatever the host holds, and the host is not asked", async () => {
    const host = new Host(patternBytes(sectors * sectorSize));
    const device = await SealedDevice.create(host);
    expectBytes(await sectorAt(device, 4), new Uint8Array(sectorSize));
    await device.write(4 * sectorSize + 10, Uint8Array.of(1, 2, 3));
    const expected = new Uint8Array(3 * sectorSize);
    expected.set([1, 2, 3], sectorSize + 10);
    const into = new Uint8Array(3 * sectorSize);
    expect(host.reads).toBe(0);
    await device.read(3 * sectorSize, into);
    expectBytes(into, expected);
    expect(host.reads).toBe(1);
  });

  test("are what discard leaves, at its edges by rewriting", async () => {
    const { host, device, content } = await made();
    host.reads = 0;
    host.writes = 0;
    await device.discard(2 * sectorSize - 10, 3 * sectorSize + 20);
    expect([host.reads, host.writes]).toEqual([2, 2]);
    content.fill(0, 2 * sectorSize - 10, 5 * sectorSize + 10);
    const into = new Uint8Array(sectors * sectorSize);
    await device.read(0, into);
    expectBytes(into, content);
    expect(device.stats().touchedSectors).toBe(sectors - 3);
    host.reads = 0;
    await device.discard(3 * sectorSize + 1, 10);
    expect(host.reads).toBe(0);
  });

  test("take no trusted memory once all of an extent are discarded", async () => {
    const { device } = await made();
    expect(device.stats().tableMemoryBytes).toBe(24 * sectors);
    await device.discard(0, device.sizeBytes);
    expect(device.stats()).toMatchObject({ tableMemoryBytes: 0, touchedSectors: 0 });
  });
});

describe("writes that fail", () => {
  test.each(["before", "after"] as const)(
    "H10: poison the sector, whether they happened (%s the error) or not",
    async (when) => {
      const { host, device, content } = await made();
      host.failing = when;
      const failed = device.write(3 * sectorSize, content.subarray(0, 2 * sectorSize));
      await expect(failed).rejects.toBeInstanceOf(DeviceError);
      host.reads = 0;
      for (const sector of [3, 4]) {
        await expect(sectorAt(device, sector)).rejects.toMatchObject({ code: "poisoned", at: { sector } });
        await expect(device.write(sector * sectorSize + 1, Uint8Array.of(1))).rejects.toBeInstanceOf(
          StateError,
        );
        await expect(device.discard(sector * sectorSize + 1, 9)).rejects.toBeInstanceOf(StateError);
      }
      expect(host.reads).toBe(0);
      await device.write(3 * sectorSize, content.subarray(0, sectorSize));
      await device.discard(4 * sectorSize, sectorSize);
      expectBytes(await sectorAt(device, 3), content.subarray(0, sectorSize));
      expectBytes(await sectorAt(device, 4), new Uint8Array(sectorSize));
    },
  );

  test("a caller who gave up is answered at once; the sector and the disk wait for the host", async () => {
    const { host, device, content } = await made();
    let open = (): void => {};
    host.gate = new Promise((resolve) => {
      open = resolve;
    });
    const giving = new AbortController();
    host.writes = 0;
    const given = device.write(0, content.subarray(sectorSize, 2 * sectorSize), { signal: giving.signal });
    const reason = new Error("enough");
    await vi.waitUntil(() => host.writes === 1);
    giving.abort(reason);
    await expect(given).rejects.toBe(reason);
    const order: string[] = [];
    const read = sectorAt(device, 0).then((bytes) => {
      order.push("read");
      return bytes;
    });
    const other = sectorAt(device, 1);
    expectBytes(await other, content.subarray(sectorSize, 2 * sectorSize));
    order.push("open");
    open();
    expectBytes(await read, content.subarray(sectorSize, 2 * sectorSize));
    expect(order).toEqual(["open", "read"]);
  });
});

describe("what the host sees", () => {
  test("is never the content, and differs for the same content written twice", async () => {
    const { host, device } = await made();
    const canary = new TextEncoder()
      .encode("a canary that the guest wrote ".repeat(137))
      .subarray(0, sectorSize);
    await device.write(0, canary);
    const first = host.sector(0).slice();
    await device.write(0, canary);
    expect(toHex(host.sector(0))).not.toBe(toHex(first));
    expect(toHex(host.bytes)).not.toContain(toHex(canary.subarray(0, 8)));
  });

  test("is a buffer of its own for every write, never the cipher's memory", async () => {
    const seen: number[] = [];
    const host = new Host(new Uint8Array(sectors * sectorSize));
    const write = vi.spyOn(host, "write").mockImplementation(async (_offset, from) => {
      seen.push(from.buffer.byteLength);
    });
    const device = await SealedDevice.create(host);
    await device.write(0, new Uint8Array(2 * sectorSize));
    expect(write).toHaveBeenCalledTimes(1);
    expect(seen[0]).toBeLessThan(3 * sectorSize);
  });
});

describe("numbers of writes", () => {
  test("are never used twice, not even with a generator that repeats itself (H36)", async () => {
    const stuck = vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => bytes);
    const [one, other] = [await made(), await made()];
    stuck.mockRestore();
    expect(toHex(one.host.sector(0))).not.toBe(toHex(other.host.sector(0)));
    one.host.bytes.set(other.host.bytes);
    await expect(sectorAt(one.device, 0)).rejects.toBeInstanceOf(IntegrityError);
  });

  test("refuse to wrap before anything is changed", async () => {
    const host = new Host(new Uint8Array(sectors * sectorSize));
    const end = 2 ** 32 - 1;
    const device = await SealedDevice.createWithSequence(host, {}, new WriteSequence(end, end - 3));
    const content = patternBytes(2 * sectorSize);
    await device.write(0, content);
    await expect(device.write(sectorSize, content)).rejects.toMatchObject({ code: "exhausted" });
    await device.write(2 * sectorSize, content.subarray(0, sectorSize));
    await expect(device.write(0, content.subarray(0, sectorSize))).rejects.toBeInstanceOf(StateError);
    expectBytes(await sectorAt(device, 1), content.subarray(sectorSize));
    expectBytes(await sectorAt(device, 2), content.subarray(0, sectorSize));
  });
});

describe("opening and closing", () => {
  test.each([0, 256, 1000, 131_072, Number.NaN])("refuses sectors of %d bytes", async (sectorSizeBytes) => {
    const creating = SealedDevice.create(new MemoryDevice(2 ** 20), { sectorSizeBytes });
    await expect(creating).rejects.toMatchObject({
      code: "invalid-argument",
      at: { field: "sectorSizeBytes" },
    });
  });

  test.each([512, 1024, 65_536])(
    "takes sectors of %d bytes, and leaves what fills none",
    async (sectorSizeBytes) => {
      const device = await SealedDevice.create(new MemoryDevice(200_000), { sectorSizeBytes });
      const content = patternBytes(Math.floor(200_000 / sectorSizeBytes) * sectorSizeBytes);
      expect(device.sizeBytes).toBe(content.length);
      await device.write(0, content);
      const into = new Uint8Array(content.length);
      await device.read(0, into);
      expectBytes(into, content);
    },
  );

  test("refuses a device without a sector", async () => {
    await expect(SealedDevice.create(new MemoryDevice(4095))).rejects.toBeInstanceOf(UsageError);
  });

  test("wipes key and content on close, and closes the device below only if asked to", async () => {
    const create = vi.spyOn(Core, "create");
    for (const closeDevice of [false, true]) {
      const host = new Host(new Uint8Array(sectors * sectorSize));
      const device = await SealedDevice.create(host, { closeDevice });
      const core = await (create.mock.results.at(-1)?.value as Promise<Core>);
      await device.write(0, patternBytes(sectorSize));
      expect(core.bytes.some((byte) => byte !== 0)).toBe(true);
      await device.close();
      expect(core.bytes.every((byte) => byte === 0)).toBe(true);
      const below = host.read(0, new Uint8Array(1));
      if (closeDevice) await expect(below).rejects.toBeInstanceOf(StateError);
      else await expect(below).resolves.toBeUndefined();
    }
    create.mockRestore();
  });
});

test("calls on the same sectors keep their order, others overlap", async () => {
  const { device, content } = await made();
  const writes = Array.from({ length: 40 }, (_, i) =>
    device.write((i % 3) * 1000, new Uint8Array(5000).fill(i)),
  );
  const reading = sectorAt(device, 0);
  await Promise.all(writes);
  const expected = content.slice(0, 3 * sectorSize);
  for (let i = 0; i < 40; i++) expected.fill(i, (i % 3) * 1000, (i % 3) * 1000 + 5000);
  expectBytes(await reading, expected.subarray(0, sectorSize));
  const into = new Uint8Array(3 * sectorSize);
  await device.read(0, into);
  expectBytes(into, expected);
});
