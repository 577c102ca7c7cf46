/** What a hostile host does to a verified device, behaviour by behaviour, and what must come of it. */
import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import { expectTrue, hashMismatch, host, mismatch, refusal } from "./hosted-volume.ts";
import type { Behaviour } from "./hostile-device.ts";
import { makeVolume } from "./reference-volume.ts";

describe("H3, H23: the superblock", () => {
  test.each([0, 8, 12, 32, 64, 68, 72, 80, 82, 88, 119, 120, 343, 344, 511])(
    "byte %i changed is refused at open",
    async (offset) => {
      const { hash, open } = host();
      hash.bytes[offset] = (hash.bytes[offset] ?? 0) ^ 0x01;
      const error = await open().catch((reason: unknown) => reason);
      expect(["FormatError", "IntegrityError"]).toContain((error as Error).name);
    },
  );

  test("another volume's valid superblock is refused by the field that differs", async () => {
    for (const [field, other] of [
      ["hashType", makeVolume(300, { hashType: 0 })],
      ["algorithm", makeVolume(300, { algorithm: "sha3-256" })],
      ["dataBlockSize", makeVolume(300, { dataBlockSize: 1024 })],
      ["hashBlockSize", makeVolume(300, { hashBlockSize: 1024 })],
      ["dataBlocks", makeVolume(299)],
      ["salt", makeVolume(300, { salt: new Uint8Array(32) })],
    ] as const) {
      const { hash, open } = host();
      hash.bytes.set(other.hash.subarray(0, 512));
      await expect(open()).rejects.toMatchObject({
        name: "IntegrityError",
        code: "identity-mismatch",
        at: { field, device: "hostile" },
      });
    }
  });
});

describe("H4: valid blocks in the wrong places", () => {
  test("swapped data blocks fail, both of them and no other", async () => {
    const { volume, data, open } = host();
    data.bytes.copyWithin(7 * 512, 9 * 512, 10 * 512);
    data.bytes.set(volume.data.subarray(7 * 512, 8 * 512), 9 * 512);
    const device = await open();
    expect(await refusal(device, 7 * 512, 512)).toMatchObject({ ...mismatch, at: { block: 7 } });
    expect(await refusal(device, 9 * 512, 512)).toMatchObject({ ...mismatch, at: { block: 9 } });
    await expectTrue(device, volume, 8 * 512, 512);
    await device.close();
  });

  test("a leaf in another leaf's place fails", async () => {
    const { volume, hash, open } = host();
    const leaves = volume.levelOffsets[0] ?? 0;
    hash.bytes.copyWithin(leaves + 512, leaves, leaves + 512);
    const device = await open();
    expect(await refusal(device, 16 * 512, 512)).toMatchObject({
      ...hashMismatch,
      at: { level: 0, block: 1 },
    });
    await expectTrue(device, volume, 0, 16 * 512);
    await device.close();
  });
});

describe("H7: two reads return different bytes", () => {
  test("data: first bad, then good, is the true data", async () => {
    const { volume, data, open } = host();
    const device = await open();
    data.behaviour = ({ index, into, honest }) => (index === 0 ? void into.fill(0x66) : honest());
    await expectTrue(device, volume, 512, 512);
    expect(device.status).toBe("V");
    expect(data.reads).toEqual([
      { offsetBytes: 512, lengthBytes: 512 },
      { offsetBytes: 512, lengthBytes: 512 },
    ]);
    await device.close();
  });

  test("data: first good, then bad, is fetched once and is the true data; the next read finds out", async () => {
    const { volume, data, open } = host();
    const device = await open();
    data.behaviour = ({ index, into, honest }) => (index === 0 ? honest() : void into.fill(0x66));
    await expectTrue(device, volume, 512, 512);
    expect(data.reads.length).toBe(1);
    expect(await refusal(device, 512, 512)).toMatchObject(mismatch);
    await device.close();
  });

  test("a hash block: first bad, then good, fails one read; the failure is not kept", async () => {
    const { volume, hash, open } = host();
    const device = await open();
    const leaf = volume.levelOffsets[0] ?? 0;
    let lies = 1;
    hash.behaviour = ({ offsetBytes, into, honest }) =>
      offsetBytes === leaf && lies-- > 0 ? void into.fill(1) : honest();
    expect(await refusal(device, 0, 512)).toMatchObject(hashMismatch);
    await expectTrue(device, volume, 0, 512);
    await device.close();
  });

  test("a hash block: first good, then bad, is never asked for again while it is in the cache", async () => {
    const { volume, hash, open } = host();
    const device = await open();
    await expectTrue(device, volume, 0, 512);
    hash.bytes.fill(0);
    await expectTrue(device, volume, 512, 15 * 512);
    await device.close();
  });

  test("the superblock and every hash block are fetched once, however much is read (I5)", async () => {
    const { volume, hash, open } = host();
    const device = await open();
    const reads: Promise<void>[] = [];
    for (let block = 0; block < 300; block++) reads.push(expectTrue(device, volume, block * 512, 512));
    await Promise.all(reads);
    await expectTrue(device, volume, 0, volume.data.length);
    const counts = hash.fetches();
    expect(counts.size).toBe(volume.hash.length / 512);
    expect(new Set(counts.values())).toEqual(new Set([1]));
    await device.close();
  });
});

describe("H8: the buffer is changed after the read has returned", () => {
  test("neither what was read nor what was verified changes", async () => {
    const { volume, data, hash, open } = host();
    const kept: Uint8Array[] = [];
    const keep: Behaviour = ({ into, honest }) => {
      kept.push(into);
      honest();
    };
    data.behaviour = keep;
    hash.behaviour = keep;
    const device = await open();
    const into = new Uint8Array(2048);
    const reading = device.read(0, into);
    for (let i = 0; i < 50; i++) {
      await Promise.resolve();
      if (data.reads.length > 0) break;
    }
    await reading;
    for (const buffer of kept) buffer.fill(0x77);
    expect(Buffer.compare(into, volume.data.subarray(0, 2048))).toBe(0);
    await expectTrue(device, volume, 0, 16 * 512);
    await device.close();
  });

  test("the host's device sees no memory but the buffer it fills", async () => {
    const { volume, data, hash, open } = host();
    const foreign: Behaviour = ({ into, honest }) => {
      expect(into.buffer.byteLength).toBe(into.length);
      honest();
    };
    data.behaviour = foreign;
    hash.behaviour = foreign;
    const device = await open();
    await expectTrue(device, volume, 0, volume.data.length);
    await device.close();
  });

  test("a buffer that is taken away is a failed read, even where the slot still holds the true bytes", async () => {
    const { volume, data, open } = host();
    const device = await open();
    await expectTrue(device, volume, 0, 512);
    data.behaviour = ({ into }) =>
      void structuredClone(into.buffer, { transfer: [into.buffer as ArrayBuffer] });
    for (let i = 0; i < 40; i++) {
      expect(await refusal(device, 0, 512)).toMatchObject({ name: "DeviceError", code: "short-read" });
    }
    await device.close();
  });
});

describe("H9, H18: less than was asked for, and the device says all is well", () => {
  test.each([0, 1, 511, 512, 1023])("only the first %i bytes are filled in", async (filled) => {
    const { data, volume, open } = host();
    const device = await open();
    data.behaviour = ({ into, offsetBytes }) =>
      into.set(
        volume.data.subarray(offsetBytes, Math.max(offsetBytes, Math.min(filled, offsetBytes + into.length))),
      );
    const block = Math.floor(filled / 512);
    expect(await refusal(device, 0, 1024)).toMatchObject({ ...mismatch, at: { block } });
    await device.close();
  });

  test("zeros are not the data", async () => {
    const { data, open } = host();
    const device = await open();
    data.bytes.fill(0);
    expect(await refusal(device, 512, 1024)).toMatchObject(mismatch);
    await device.close();
  });

  test("a device's own short read stays a DeviceError, on data and on the tree", async () => {
    const { data, hash, open } = host();
    const device = await open();
    const short = () => Promise.reject(new DeviceError("short-read", "17 of 512 bytes"));
    data.behaviour = short;
    expect(await refusal(device, 0, 512)).toMatchObject({ name: "DeviceError", code: "short-read" });
    hash.behaviour = short;
    expect(await refusal(device, 0, 512)).toMatchObject({ name: "DeviceError", code: "short-read" });
    expect(device.status).toBe("V");
    await device.close();
  });
});
