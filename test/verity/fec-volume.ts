/** Small volumes with parity in memory, to be broken by tests. */
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { encodeFec } from "../../src/verity/fec-encode.ts";
import { FecLayout, paritySizeBytes } from "../../src/verity/fec-layout.ts";
import { type FecRepair, FecRepairer } from "../../src/verity/fec-repair.ts";
import { type TreeGeometry, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import type { VerityReport } from "../../src/verity/verify-report.ts";
import { makeVolume, small, type Volume } from "./small-volume.ts";

/** A formatted volume in memory, its superblock at byte 0, its parity apart. */
export interface FecVolume extends Volume {
  readonly fec: Uint8Array<ArrayBuffer>;
  readonly roots: number;
  readonly geometry: TreeGeometry;
  readonly layout: FecLayout;
}

/** A volume of that many blocks of seeded data; `foreignBlocks` follow its tree. */
export async function makeFecVolume(
  blocks: number,
  roots: number,
  foreignBlocks = 0,
  parameters: VerityParameters = small,
): Promise<FecVolume> {
  const volume = await makeVolume(blocks, parameters);
  const geometry = treeGeometry(parameters, blocks, 1);
  const hash = new Uint8Array(volume.hash.length + foreignBlocks * parameters.hashBlockSize).fill(0x5a);
  hash.set(volume.hash);
  const fec = new Uint8Array(paritySizeBytes(roots, geometry, hash.length));
  await encodeFec({
    data: new MemoryDevice(volume.data),
    hash: new MemoryDevice(hash),
    parameters,
    dataBlocks: blocks,
    fec: { roots, device: new MemoryDevice(fec), offsetBytes: 0 },
  });
  const layout = new FecLayout(roots, geometry, geometry.hashBlocks + foreignBlocks);
  return { ...volume, hash, fec, roots, geometry, layout };
}

/** A copy that can be broken. */
export function copyOf(volume: FecVolume): FecVolume {
  return { ...volume, data: volume.data.slice(), hash: volume.hash.slice(), fec: volume.fec.slice() };
}

/** The bytes of a block of the protected message, as a view of the volume. */
export function messageBlock({ layout, data, hash }: FecVolume, block: number): Uint8Array {
  const { blockSize, dataBlocks, firstHashBlock } = layout;
  const [bytes, index] = block < dataBlocks ? [data, block] : [hash, block - dataBlocks + firstHashBlock];
  return bytes.subarray(index * blockSize, (index + 1) * blockSize);
}

/** Changes every byte of a block of the message. */
export function loseBlock(volume: FecVolume, block: number, seed = 0): void {
  const bytes = messageBlock(volume, block);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (bytes[i] as number) ^ (1 + ((i * 7 + block + seed) % 255));
}

/** The number in the message of a hash block of the tree. */
export function hashMessageBlock({ layout, geometry }: FecVolume, level: number, index: number): number {
  const position = geometry.offsetBytes(level, index) / layout.blockSize;
  return layout.dataBlocks + position - layout.firstHashBlock;
}

/** What came of verifying with repair. */
export interface FecVerification {
  readonly report: VerityReport;
  readonly repairs: readonly FecRepair[];
}

/** Verifies a volume with forward error correction. */
export async function verifyWithFec(
  volume: FecVolume,
  locate: "tree" | "data-blocks" = "tree",
): Promise<FecVerification> {
  const data = new MemoryDevice(volume.data);
  const hash = new MemoryDevice(volume.hash);
  const { identity, roots } = volume;
  const repairs: FecRepair[] = [];
  const repairer = FecRepairer.open({
    ...{ data, hash, identity, locate },
    fec: { roots, device: new MemoryDevice(volume.fec), offsetBytes: 0 },
    onRepair: (repair) => repairs.push(repair),
  });
  try {
    return { report: await verifyVerity({ data, hash, identity, repairer }), repairs };
  } finally {
    repairer.close();
  }
}
