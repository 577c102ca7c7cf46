/** The golden volumes of veritysetup: their manifest, and their data made from its seed. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromHex } from "../../src/bytes/hex.ts";
import type { HashAlgorithm } from "../../src/crypto/block-hasher.ts";
import type { HashType, VerityIdentity } from "../../src/verity/identity.ts";
import type { VerityPlacement } from "../../src/verity/placement.ts";

const folder = new URL("../golden/verity/", import.meta.url);

/** One volume as `manifest.json` describes it (FEC fields left to the FEC tests). */
export interface GoldenVolume {
  readonly name: string;
  readonly cmd: string;
  readonly format: HashType;
  readonly hash: string;
  readonly data_block_size: number;
  readonly hash_block_size: number;
  readonly data_blocks: number;
  readonly salt: string;
  readonly hash_offset: number;
  readonly superblock: boolean;
  readonly data_seed: string;
  readonly data_sha256: string;
  readonly data_size: number;
  readonly root_hash: string;
  readonly hash_file: string;
  readonly hash_file_sha256: string;
  readonly hash_file_size: number;
  readonly data_in_hash_file: boolean;
  readonly fec_file?: string;
}

/** All volumes of the manifest. */
export const goldenVolumes: readonly GoldenVolume[] = JSON.parse(
  readFileSync(new URL("manifest.json", folder), "utf8"),
);

/** The volume of that name. */
export function goldenVolume(name: string): GoldenVolume {
  const found = goldenVolumes.find((volume) => volume.name === name);
  if (found === undefined) throw new Error(`no golden volume ${name}`);
  return found;
}

/** The bytes of a golden file, as a copy of their own. */
export function goldenFile(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(new URL(name, folder)));
}

/** The volume's data area, from the seed; checked against the manifest's SHA-256. */
export function goldenData(volume: GoldenVolume): Uint8Array {
  const sizeBytes = volume.data_blocks * volume.data_block_size;
  const data = seedBytes(sizeBytes);
  if (volume.data_seed.includes("b%3==1 zeroed")) {
    for (let block = 1; block < volume.data_blocks; block += 3) {
      data.fill(0, block * volume.data_block_size, (block + 1) * volume.data_block_size);
    }
  }
  const digest = createHash("sha256").update(data).digest("hex");
  if (digest !== volume.data_sha256) throw new Error(`the data of ${volume.name} is not the manifest's`);
  return data;
}

/** The longest run of seeded bytes made so far: making them costs more than most tests. */
let made = new Uint8Array(0);

/** `SHA256("golden" || "verity-data" || le64(i))` for i = 0, 1, 2, …, cut to the size. */
export function seedBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (made.length < sizeBytes) {
    const longer = new Uint8Array(Math.ceil(sizeBytes / 32) * 32);
    longer.set(made);
    const input = Buffer.concat([Buffer.from("goldenverity-data"), Buffer.alloc(8)]);
    for (let i = made.length / 32; i * 32 < sizeBytes; i++) {
      input.writeBigUInt64LE(BigInt(i), input.length - 8);
      longer.set(createHash("sha256").update(input).digest(), i * 32);
    }
    made = longer;
  }
  return made.slice(0, sizeBytes);
}

/** The volume's full identity. */
export function goldenIdentity(volume: GoldenVolume): VerityIdentity {
  return {
    hashType: volume.format,
    algorithm: volume.hash.toLowerCase() as HashAlgorithm,
    salt: fromHex(volume.salt === "-" ? "" : volume.salt),
    dataBlockSize: volume.data_block_size,
    hashBlockSize: volume.hash_block_size,
    dataBlocks: volume.data_blocks,
    rootHash: fromHex(volume.root_hash),
  };
}

/** Where the volume's hash area starts. */
export function goldenPlacement(volume: GoldenVolume): VerityPlacement {
  return { hashOffsetBytes: volume.hash_offset, superblock: volume.superblock };
}
