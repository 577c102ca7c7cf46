/** A small volume in the hands of a hostile host, and the two oracles of every read from it. */
import { expect } from "vitest";
import { StorageError } from "../../src/errors.ts";
import { VerityDevice, type VerityDeviceOptions } from "../../src/verity/device.ts";
import { HostileDevice } from "./hostile-device.ts";
import { makeVolume, type Volume } from "./reference-volume.ts";

/** A volume on two hostile devices. */
export interface Hosted {
  readonly volume: Volume;
  readonly data: HostileDevice;
  readonly hash: HostileDevice;
  open(more?: Partial<VerityDeviceOptions>): Promise<VerityDevice>;
}

/** 300 blocks of 512 bytes: leaves 0..18, two blocks above them, the root. */
export function host(volume: Volume = makeVolume(300)): Hosted {
  const data = new HostileDevice(volume.data.slice());
  const hash = new HostileDevice(volume.hash.slice());
  const open = (more: Partial<VerityDeviceOptions> = {}) =>
    VerityDevice.open({ data, hash, identity: volume.identity, ...more });
  return { volume, data, hash, open };
}

/** What a failed read came to; the buffer must hold nothing that the host chose (I2). */
export async function refusal(device: VerityDevice, offset: number, length: number): Promise<unknown> {
  const into = new Uint8Array(length).fill(0xee);
  const error = await device.read(offset, into).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  expect(into.every((byte) => byte === 0xee) || into.every((byte) => byte === 0)).toBe(true);
  return error;
}

/** Reads and holds the answer against the volume (I1). */
export async function expectTrue(
  device: VerityDevice,
  volume: Volume,
  offset: number,
  length: number,
): Promise<void> {
  const into = new Uint8Array(length);
  await device.read(offset, into);
  expect(Buffer.compare(into, volume.data.subarray(offset, offset + length))).toBe(0);
}

/** What a read of a false data block comes to. */
export const mismatch = { name: "IntegrityError", code: "block-mismatch" };
/** What a read below a false hash block comes to. */
export const hashMismatch = { name: "IntegrityError", code: "hash-block-mismatch" };
