import { describe, expect, test } from "vitest";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { DeviceError } from "../../src/errors.ts";
import { makeVolume, noSuperblock, type Volume, verify } from "./small-volume.ts";

describe("a device that is not ours", () => {
  type Read = BlockDevice["read"];
  const foreign = (bytes: Uint8Array, read: Read): BlockDevice => ({
    name: "foreign",
    sizeBytes: bytes.length,
    read,
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  });

  /** Both devices of a volume, each read through `read`. */
  function foreignDevices(volume: Volume, wrap: (bytes: Uint8Array) => Read) {
    return {
      data: foreign(volume.data, wrap(volume.data)),
      hash: foreign(volume.hash, wrap(volume.hash)),
    };
  }

  test("never sees memory that holds more than what it is to fill", async () => {
    const volume = await makeVolume(600);
    let reads = 0;
    const devices = foreignDevices(volume, (bytes) => async (offset, into) => {
      expect(into.byteLength).toBe(into.buffer.byteLength);
      reads++;
      into.set(bytes.subarray(offset, offset + into.length));
    });
    expect((await verify(volume, devices)).ok).toBe(true);
    expect(reads).toBeGreaterThan(3);
  });

  test("H8: what it does to a buffer it has handed back changes nothing", async () => {
    const volume = await makeVolume(5000);
    const kept: Uint8Array[] = [];
    const devices = foreignDevices(volume, (bytes) => async (offset, into) => {
      into.set(bytes.subarray(offset, offset + into.length));
      kept.push(into);
      setTimeout(() => into.fill(0xdd), 0);
      setTimeout(() => into.fill(0xee), 20);
    });
    expect((await verify(volume, devices)).ok).toBe(true);
    expect(kept.length).toBeGreaterThan(3);
  });

  test("cannot take the buffer away", async () => {
    const volume = await makeVolume(600);
    const { data } = foreignDevices(volume, () => async (_offset, into) => {
      structuredClone(into.buffer, { transfer: [into.buffer as ArrayBuffer] });
    });
    const report = await verify(volume, { data });
    expect(report.unreadableBlocks.blocks).toBe(600);
    expect(report.readFailures[0]?.cause.code).toBe("short-read");
  });

  test("what it throws of its own is its own failure", async () => {
    const volume = await makeVolume(20);
    const { data } = foreignDevices(volume, () => () => Promise.reject(new TypeError("what?")));
    const report = await verify(volume, { data });
    expect(report.unreadableBlocks.blocks).toBe(20);
    expect(report.readFailures[0]?.cause).toBeInstanceOf(DeviceError);
  });

  test("H11: one that never answers is left alone on an abort", async () => {
    const volume = await makeVolume(20);
    const devices = foreignDevices(volume, () => () => new Promise(() => {}));
    const reason = new Error("enough");
    for (const change of [
      { data: devices.data },
      { hash: devices.hash, placement: noSuperblock.placement },
    ]) {
      const controller = new AbortController();
      const verifying = verify(volume, { ...change, signal: controller.signal });
      setTimeout(() => controller.abort(reason), 20);
      await expect(verifying).rejects.toBe(reason);
    }
  });
});
