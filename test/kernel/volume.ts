/**
 * Volumes that we format, as a kernel case and as our own devices: the same
 * bytes are put before both.
 */
import { createHash } from "node:crypto";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { encodeFec } from "../../src/verity/fec-encode.ts";
import { paritySizeBytes } from "../../src/verity/fec-layout.ts";
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
  /** Forward error correction: on a device of its own, or behind the tree on the hash device. */
  readonly fec?: { readonly roots: number; readonly where: "own-device" | "hash-device" };
}

/** Where a volume's parity is. */
export interface VolumeFec {
  readonly roots: number;
  readonly offsetBytes: number;
  /** The device's bytes: the hash device's where they are one. */
  readonly bytes: Uint8Array;
}

/** A formatted volume. Its devices are plain bytes, to be corrupted at will. */
export interface Volume {
  readonly identity: VerityIdentity;
  readonly placement: VerityPlacement;
  readonly geometry: TreeGeometry;
  readonly data: Uint8Array;
  /** The data device itself, where the two are one. */
  readonly hash: Uint8Array;
  readonly fec?: VolumeFec;
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

/** Formats with `formatVerity` and `encodeFec`. The hash device ends with the tree, or with the parity. */
export async function formatVolume(spec: VolumeSpec): Promise<Volume> {
  const { dataBlocks, dataBlockSize, hashBlockSize, sameDevice = false } = spec;
  const dataBytes = dataBlocks * dataBlockSize;
  const placement = sameDevice
    ? { hashOffsetBytes: roundUp(dataBytes, hashBlockSize), superblock: spec.placement?.superblock ?? true }
    : (spec.placement ?? defaultPlacement);
  const geometry = treeGeometry(spec, dataBlocks, firstHashBlock(placement, hashBlockSize));
  const treeEnd = Math.max(geometry.endBlock * hashBlockSize, placement.hashOffsetBytes + 512);
  const parityBytes = spec.fec === undefined ? 0 : paritySizeBytes(spec.fec.roots, geometry, treeEnd);
  const hashBytes = spec.fec?.where === "hash-device" ? treeEnd + parityBytes : treeEnd;
  const data = new Uint8Array(sameDevice ? hashBytes : dataBytes);
  data.set(testBytes(dataBytes));
  const hash = sameDevice ? data : new Uint8Array(hashBytes);
  const dataDevice = new MemoryDevice(data);
  const hashDevice = sameDevice ? dataDevice : new MemoryDevice(hash);
  const devices = { data: dataDevice, hash: hashDevice, parameters: spec, dataBlocks, placement };
  const identity = await formatVerity(devices);
  const volume = { identity, placement, geometry, data, hash };
  if (spec.fec === undefined) return volume;
  const { roots, where } = spec.fec;
  const fec =
    where === "hash-device"
      ? { roots, offsetBytes: treeEnd, bytes: hash }
      : { roots, offsetBytes: 0, bytes: new Uint8Array(parityBytes) };
  const device = where === "hash-device" ? hashDevice : new MemoryDevice(fec.bytes);
  await encodeFec({ ...devices, fec: { roots, offsetBytes: fec.offsetBytes, device } });
  return { ...volume, fec };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/** A copy whose devices can be changed without changing the original's. */
export function copyVolume(volume: Volume): Volume {
  const data = volume.data.slice();
  const hash = volume.hash === volume.data ? data : volume.hash.slice();
  const { fec } = volume;
  if (fec === undefined) return { ...volume, data, hash };
  const bytes = fec.bytes === volume.hash ? hash : fec.bytes.slice();
  return { ...volume, data, hash, fec: { ...fec, bytes } };
}

/** The volume as `veritysetup open` is to see it. */
export function volumeCase(name: string, volume: Volume): KernelCase {
  const { identity, placement, data, hash, fec } = volume;
  const options: string[] = [];
  if (placement.hashOffsetBytes > 0) options.push(`--hash-offset=${placement.hashOffsetBytes}`);
  if (!placement.superblock) {
    options.push(
      ...["--no-superblock", `--hash=${identity.algorithm}`, `--format=${identity.hashType}`],
      ...[`--data-block-size=${identity.dataBlockSize}`, `--hash-block-size=${identity.hashBlockSize}`],
      ...[`--data-blocks=${identity.dataBlocks}`, `--salt=${toHex(identity.salt) || "-"}`],
    );
  }
  if (fec !== undefined) options.push(`--fec-roots=${fec.roots}`, `--fec-offset=${fec.offsetBytes}`);
  const hashDevice = hash === data ? "data" : "hash";
  return {
    name,
    data,
    ...(hash === data ? {} : { hash }),
    ...(fec === undefined ? {} : { fec: fec.bytes === hash ? hashDevice : fec.bytes }),
    rootHash: toHex(identity.rootHash),
    dataBlockSize: identity.dataBlockSize,
    options,
  };
}
