/** What a verified device does with forward error correction: use it, and never trust it. */
import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/errors.ts";
import type { CorruptionEvent } from "../../src/verity/corruption.ts";
import type { VerityDeviceOptions } from "../../src/verity/device.ts";
import type { BlockRepairer } from "../../src/verity/repair.ts";
import { expectTrue, hashMismatch, host, mismatch, refusal } from "./hosted-volume.ts";
import { blockDigest, type Volume } from "./reference-volume.ts";

/** Knows the true bytes; `spoil` may change what it says. */
class Oracle implements BlockRepairer {
  readonly asked: string[] = [];
  closed = 0;
  readonly #volume: Volume;
  readonly #spoil: (bytes: Uint8Array) => Uint8Array | undefined;

  constructor(volume: Volume, spoil: (bytes: Uint8Array) => Uint8Array | undefined = (bytes) => bytes) {
    this.#volume = volume;
    this.#spoil = spoil;
  }

  async repairDataBlock(block: number, expectedDigest: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#answer(`data ${block}`, this.#volume.data, block * 512, expectedDigest);
  }

  async repairHashBlock(
    level: number,
    index: number,
    expectedDigest: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const offset = (this.#volume.levelOffsets[level] ?? 0) + index * 512;
    return this.#answer(`hash ${level} ${index}`, this.#volume.hash, offset, expectedDigest);
  }

  close(): void {
    this.closed++;
  }

  #answer(name: string, from: Uint8Array, offset: number, expected: Uint8Array): Uint8Array | undefined {
    this.asked.push(name);
    const bytes = from.slice(offset, offset + 512);
    expect(Buffer.compare(expected, blockDigest(this.#volume.identity, bytes))).toBe(0);
    expected.fill(0);
    return this.#spoil(bytes);
  }
}

function damaged() {
  const hosted = host();
  const { volume, data, hash } = hosted;
  for (const block of [0, 17, 18, 299]) data.bytes.fill(0xa5, block * 512, block * 512 + 300);
  const leafThree = (volume.levelOffsets[0] ?? 0) + 3 * 512;
  hash.bytes.fill(0xa5, leafThree, leafThree + 512);
  const events: CorruptionEvent[] = [];
  const observe: Partial<VerityDeviceOptions> = { onCorruption: (event) => events.push(event) };
  return { ...hosted, events, observe };
}

describe("repair on read", () => {
  test("bad blocks of data and tree, the root's too, are rebuilt, and the status stays V", async () => {
    const { volume, hash, open, events, observe } = damaged();
    hash.bytes.fill(0, 512, 1024);
    const repairer = new Oracle(volume);
    const device = await open({ ...observe, repairer, chunkBytes: 8192 });
    await expectTrue(device, volume, 0, volume.data.length);
    expect(device.status).toBe("V");
    expect(repairer.asked.toSorted()).toEqual([
      "data 0",
      "data 17",
      "data 18",
      "data 299",
      "hash 0 3",
      "hash 2 0",
    ]);
    expect(events.every(({ outcome }) => outcome === "repaired")).toBe(true);
    expect(events.map(({ level, block }) => `${level} ${block}`).toSorted()).toEqual([
      "0 3",
      "2 0",
      "undefined 0",
      "undefined 17",
      "undefined 18",
      "undefined 299",
    ]);
    await device.close();
    expect(repairer.closed).toBe(1);
  });

  test.each([
    ["no answer", () => undefined],
    ["other bytes", (bytes: Uint8Array) => bytes.fill(1)],
    ["one flipped bit", (bytes: Uint8Array) => bytes.with(511, (bytes[511] ?? 0) ^ 0x80)],
    ["too few bytes", (bytes: Uint8Array) => bytes.subarray(0, 511)],
    ["too many bytes", (bytes: Uint8Array) => Uint8Array.from([...bytes, 0])],
  ])("%s from the repairer is refused as if there were none", async (_, spoil) => {
    const { volume, open, events, observe } = damaged();
    const device = await open({ ...observe, repairer: new Oracle(volume, spoil) });
    expect(await refusal(device, 17 * 512, 512)).toMatchObject({ ...mismatch, at: { block: 17 } });
    expect(await refusal(device, 48 * 512, 512)).toMatchObject({
      ...hashMismatch,
      at: { level: 0, block: 3 },
    });
    expect(events.map(({ outcome }) => outcome)).toEqual(["refused", "refused"]);
    expect(device.status).toBe("C");
    await expectTrue(device, volume, 16 * 512, 512);
    await device.close();
  });

  test("without a repairer the same device fails there", async () => {
    const { volume, open } = damaged();
    const device = await open();
    expect(await refusal(device, 0, volume.data.length)).toMatchObject({ name: "IntegrityError" });
    await device.close();
  });

  test("blocks that cannot be read are rebuilt too; the others of the batch are kept", async () => {
    const { volume, data, hash, open, events, observe } = damaged();
    const repairer = new Oracle(volume);
    const device = await open({ ...observe, repairer });
    data.behaviour = ({ offsetBytes, into, honest }) => {
      if (offsetBytes <= 40 * 512 && offsetBytes + into.length > 40 * 512)
        throw new DeviceError("device-failed", "EIO");
      honest();
    };
    const leafTwo = (volume.levelOffsets[0] ?? 0) + 2 * 512;
    hash.behaviour = ({ offsetBytes, honest }) => {
      if (offsetBytes === leafTwo) throw new Error("EIO");
      honest();
    };
    await expectTrue(device, volume, 30 * 512, 17 * 512);
    expect(repairer.asked).toEqual(["hash 0 2", "data 40"]);
    expect(events.map(({ outcome }) => outcome)).toEqual(["repaired", "repaired"]);
    await device.close();
  });

  test("what can neither be read nor rebuilt is the device's failure, not a lie of its", async () => {
    const { volume, data, open } = damaged();
    const device = await open({ repairer: new Oracle(volume, () => undefined) });
    data.behaviour = () => Promise.reject(new DeviceError("device-failed", "EIO"));
    expect(await refusal(device, 512, 512)).toMatchObject({ name: "DeviceError", code: "device-failed" });
    expect(device.status).toBe("V");
    await device.close();
  });

  test("a device that times out is not asked block by block", async () => {
    const { volume, data, open } = damaged();
    const repairer = new Oracle(volume);
    const device = await open({ repairer });
    data.behaviour = () => Promise.reject(new DeviceError("device-timeout", "too slow"));
    expect(await refusal(device, 0, 64 * 512)).toMatchObject({ code: "device-timeout" });
    expect(data.reads.length).toBe(1);
    expect(repairer.asked).toEqual(["hash 0 3"]);
    await device.close();
  });

  test("a repairer that fails fails the read with what it failed with; an abort does not wait for it", async () => {
    const { volume, open } = damaged();
    const failing = new Oracle(volume);
    failing.repairDataBlock = () => Promise.reject(new DeviceError("device-failed", "parity"));
    const device = await open({ repairer: failing });
    expect(await refusal(device, 0, 512)).toMatchObject({ message: "parity" });
    failing.repairDataBlock = () => new Promise(() => {});
    const abort = new AbortController();
    const read = device.read(0, new Uint8Array(512), { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 5);
    await expect(read).rejects.toThrow("enough");
    await device.close();
  });
});
