/**
 * Volumes that we format, as a kernel case and as our own devices: the same
 * bytes are put before both.
 */
import { createHash } from "node:crypto";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { type TreeGeometry, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "../../src/verity/placement.ts";
import type { KernelCase } from "./kernel-case.ts";

/** What to format. */
export interface VolumeSpec extends VerityParameters {
  readonly dataBlocks: number;
  /** Where the hash area is on its device; a superblock at 0 unless given. */
  readonly placement?: VerityPlacement;
  /** The hash area follows the data on the same device; `placement` is then set from the data's size. */
  readonly sameDevice?: boolean;
}

/** A formatted volume. Its devices are plain bytes, to be corrupted at will. */
export interface Volume {
  readonly identity: VerityIdentity;
  readonly placement: VerityPlacement;
  readonly geometry: TreeGeometry;
  readonly data: Uint8Array;
  /** The data device itself, where the two are one. */
  readonly hash: Uint8Array;
}

/** Bytes that differ from block to block, the same for the same size. */
function testBytes(sizeBytes: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let i = 0; i * 512 < sizeBytes; i++) {
    const digest = createHash("sha512").update(`kernel ${i}`).digest();
    parts.push(Buffer.alloc(512, digest));
  }
  return new Uint8Array(Buffer.concat(parts).subarray(0, sizeBytes));
}

/** Formats with `formatVerity`. The hash device ends with the tree. */
export async function formatVolume(spec: VolumeSpec): Promise<Volume> {
  const { dataBlocks, dataBlockSize, hashBlockSize, sameDevice = false } = spec;
  const dataBytes = dataBlocks * dataBlockSize;
  const placement = sameDevice
    ? { hashOffsetBytes: roundUp(dataBytes, hashBlockSize), superblock: spec.placement?.superblock ?? true }
    : (spec.placement ?? defaultPlacement);
  const geometry = treeGeometry(spec, dataBlocks, firstHashBlock(placement, hashBlockSize));
  const hashBytes = Math.max(
    (geometry.firstHashBlock + geometry.hashBlocks) * hashBlockSize,
    placement.hashOffsetBytes + 512,
  );
  const data = new Uint8Array(sameDevice ? hashBytes : dataBytes);
  data.set(testBytes(dataBytes));
  const hash = sameDevice ? data : new Uint8Array(hashBytes);
  const dataDevice = new MemoryDevice(data);
  const hashDevice = sameDevice ? dataDevice : new MemoryDevice(hash);
  const identity = await formatVerity({
    data: dataDevice,
    hash: hashDevice,
    parameters: spec,
    dataBlocks,
    placement,
  });
  return { identity, placement, geometry, data, hash };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** A copy whose devices can be changed without changing the original's. */
export function copyVolume(volume: Volume): Volume {
  const data = volume.data.slice();
  return { ...volume, data, hash: volume.hash === volume.data ? data : volume.hash.slice() };
}

/** The volume as `veritysetup open` is to see it. */
export function volumeCase(name: string, volume: Volume): KernelCase {
  const { identity, placement, data, hash } = volume;
  const options: string[] = [];
  if (placement.hashOffsetBytes > 0) options.push(`--hash-offset=${placement.hashOffsetBytes}`);
  if (!placement.superblock) {
    options.push(
      ...["--no-superblock", `--hash=${identity.algorithm}`, `--format=${identity.hashType}`],
      ...[`--data-block-size=${identity.dataBlockSize}`, `--hash-block-size=${identity.hashBlockSize}`],
      ...[`--data-blocks=${identity.dataBlocks}`, `--salt=${toHex(identity.salt) || "-"}`],
    );
  }
  return {
    name,
    data,
    ...(hash === data ? {} : { hash }),
    rootHash: toHex(identity.rootHash),
    dataBlockSize: identity.dataBlockSize,
    options,
  };
}
