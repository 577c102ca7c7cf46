/** Volumes of every kind that a kernel takes, and corrupted copies of them, from a seed. */
import { digestSizeBytes } from "../../src/crypto/algorithms.ts";
import type { HashAlgorithm } from "../../src/crypto/block-hasher.ts";
import type { SeededRandom } from "../verity/seeded-random.ts";
import { copyVolume, formatVolume, type Volume, type VolumeSpec } from "./volume.ts";

/**
 * The algorithms of the table that Linux 6.1 opens. It has no `blake2s-256`
 * any more, and calls RIPEMD-160 `rmd160` where veritysetup passes `ripemd160`.
 */
export const kernelAlgorithms: readonly HashAlgorithm[] = [
  ...(["sha1", "sha224", "sha256", "sha384", "sha512"] as const),
  ...(["sha3-256", "blake2b-512"] as const),
];

/** A volume to be put before the kernel. */
export interface NamedVolume {
  readonly name: string;
  readonly volume: Volume;
}

const saltSizes = [0, 1, 8, 31, 32, 55, 64, 119, 200, 255, 256];
const maxDataBytes = 2 ** 20;

/** A number of blocks at, below or above a boundary where a level is added. */
function pickDataBlocks(random: SeededRandom, digestsPerBlock: number, dataBlockSize: number): number {
  const most = Math.floor(maxDataBytes / dataBlockSize);
  const boundary = digestsPerBlock ** (1 + random.below(3));
  const wanted = random.below(4) === 0 ? 1 + random.below(most) : boundary + random.below(3) - 1;
  return Math.max(1, Math.min(wanted, most));
}

/** Picks parameters: block sizes from 512, data blocks up to the kernel's page, hash blocks up to 64 KiB. */
export function pickSpec(random: SeededRandom): VolumeSpec {
  const algorithm = random.below(2) === 0 ? "sha256" : random.pick(kernelAlgorithms);
  const dataBlockSize = 512 << random.below(4);
  const hashBlockSize = random.below(2) === 0 ? dataBlockSize : 512 << random.below(8);
  const digestsPerBlock = 2 ** Math.floor(Math.log2(hashBlockSize / digestSizeBytes(algorithm)));
  const superblock = random.below(3) > 0;
  return {
    algorithm,
    hashType: random.below(3) === 0 ? 0 : 1,
    salt: random.bytes(random.pick(saltSizes)),
    dataBlockSize,
    hashBlockSize,
    dataBlocks: pickDataBlocks(random, digestsPerBlock, dataBlockSize),
    placement: { hashOffsetBytes: random.pick([0, 0, 512, 4096, 66_048]), superblock },
    sameDevice: random.below(4) === 0,
  };
}

/** Flips one of the eight bits at an offset. */
export function flipBit(bytes: Uint8Array, offset: number, random: SeededRandom): void {
  bytes[offset] = (bytes[offset] as number) ^ (1 << random.below(8));
}

/** Flips a bit somewhere in a random hash block of a level: a used slot, a spare one, or the block's tail. */
function corruptLevel(volume: Volume, level: number, random: SeededRandom): string {
  const { geometry, hash } = volume;
  const { firstBlock, blocks } = geometry.levels[level] ?? { firstBlock: 0, blocks: 0 };
  const index = random.below(blocks);
  const offset =
    random.below(2) === 0 ? random.below(geometry.digestSizeBytes) : random.below(geometry.hashBlockSize);
  flipBit(hash, (firstBlock + index) * geometry.hashBlockSize + offset, random);
  return `l${level}b${index}`;
}

/** A copy with one to three bits flipped, in data or in any level; its name says where. */
export function corrupt({ name, volume }: NamedVolume, random: SeededRandom): NamedVolume {
  const copy = copyVolume(volume);
  const { levels, dataBlocks, dataBlockSize } = copy.geometry;
  const where: string[] = [];
  for (let flips = 1 + random.below(3); flips > 0; flips--) {
    const level = random.below(levels.length + 1) - 1;
    if (level >= 0) where.push(corruptLevel(copy, level, random));
    else {
      const block = random.below(dataBlocks);
      flipBit(copy.data, block * dataBlockSize + random.below(dataBlockSize), random);
      where.push(`d${block}`);
    }
  }
  return { name: `${name}-${where.join("-")}`, volume: copy };
}

/** `volumes` formatted volumes, each followed by `copies` corrupted copies. */
export async function pickVolumes(
  random: SeededRandom,
  volumes: number,
  copies: number,
): Promise<NamedVolume[]> {
  const all: NamedVolume[] = [];
  for (let i = 0; i < volumes; i++) {
    const spec = pickSpec(random);
    const { algorithm, hashType, dataBlockSize, hashBlockSize, dataBlocks } = spec;
    const name = `v${i}-${algorithm}-t${hashType}-d${dataBlockSize}-h${hashBlockSize}-n${dataBlocks}`;
    const whole = { name, volume: await formatVolume(spec) };
    all.push(whole);
    for (let copy = 0; copy < copies; copy++) {
      const { name: copyName, volume } = corrupt(whole, random);
      all.push({ name: `${copyName}-c${copy}`, volume });
    }
  }
  return all;
}
