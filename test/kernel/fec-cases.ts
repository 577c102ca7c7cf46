/** Volumes with parity, and what damage they meet: around what the parity can and cannot mend. */
import type { SeededRandom } from "../verity/seeded-random.ts";
import { copyVolume, formatVolume, type Volume } from "./volume.ts";
import { flipBit, type NamedVolume } from "./volume-cases.ts";

/** The volume's message: data blocks, then what follows the superblock on the hash device. */
interface Message {
  readonly blocks: number;
  /** How many codewords stand side by side: the blocks of one are this far apart. */
  readonly rounds: number;
  /** The bytes of a block, to be damaged in place. */
  blockBytes(number: number): Uint8Array;
}

function messageOf({ data, hash, geometry, fec }: Volume): Message {
  if (fec === undefined) throw new Error("a volume without parity has no message");
  const { dataBlocks, dataBlockSize: size, firstHashBlock } = geometry;
  const coveredBytes = fec.bytes === hash ? fec.offsetBytes : hash.length;
  const blocks = dataBlocks + Math.floor(coveredBytes / size) - firstHashBlock;
  return {
    blocks,
    rounds: Math.ceil(blocks / (255 - fec.roots)),
    blockBytes(number) {
      const [device, index] =
        number < dataBlocks ? [data, number] : [hash, number - dataBlocks + firstHashBlock];
      return device.subarray(index * size, (index + 1) * size);
    },
  };
}

/** The `count` of different blocks of one codeword, data blocks or any. */
function blocksOfRound(volume: Volume, count: number, only: "data" | "any", random: SeededRandom): number[] {
  const { blocks, rounds } = messageOf(volume);
  const round = random.below(rounds);
  const end = only === "data" ? volume.geometry.dataBlocks : blocks;
  const candidates: number[] = [];
  for (let number = round; number < end; number += rounds) candidates.push(number);
  const chosen: number[] = [];
  while (chosen.length < count && candidates.length > 0) {
    chosen.push(...candidates.splice(random.below(candidates.length), 1));
  }
  return chosen;
}

/** One way of damaging a volume in place; the text says what was done, for the case's name. */
type Damage = (volume: Volume, roots: number, random: SeededRandom) => string;

function loseBlocks(volume: Volume, numbers: readonly number[], random: SeededRandom): void {
  const message = messageOf(volume);
  for (const number of numbers) {
    const block = message.blockBytes(number);
    block.set(random.bytes(block.length));
  }
}

const damages: readonly Damage[] = [
  (volume, roots, random) => {
    const count = random.pick([1, roots >> 1, (roots >> 1) + 1, roots, roots + 1]);
    loseBlocks(volume, blocksOfRound(volume, count, "data", random), random);
    return `${count}-data-lost`;
  },
  (volume, roots, random) => {
    const count = 1 + random.below(roots);
    loseBlocks(volume, blocksOfRound(volume, count, "any", random), random);
    return `${count}-any-lost`;
  },
  (volume, _, random) => {
    const { blocks, blockBytes } = messageOf(volume);
    const { dataBlocks, hashBlocks } = volume.geometry;
    const block = blockBytes(hashBlocks === 0 ? random.below(blocks) : dataBlocks + random.below(hashBlocks));
    block.set(random.bytes(block.length));
    return "hash-block-lost";
  },
  (volume, _, random) => {
    const { blocks, blockBytes } = messageOf(volume);
    for (let i = 0; i < 40; i++) {
      const block = blockBytes(random.below(blocks));
      flipBit(block, random.below(block.length), random);
    }
    return "40-bits";
  },
  (volume, roots, random) => {
    const parity = volume.fec?.bytes.subarray(volume.fec.offsetBytes) ?? new Uint8Array(0);
    for (let i = 0; i < 16; i++) flipBit(parity, random.below(parity.length), random);
    const count = 1 + random.below(roots >> 1);
    loseBlocks(volume, blocksOfRound(volume, count, "data", random), random);
    return `parity-and-${count}-data`;
  },
];

/** Volumes with parity, each whole and then damaged in each way. */
export async function pickFecVolumes(random: SeededRandom, count: number): Promise<NamedVolume[]> {
  const all: NamedVolume[] = [];
  for (let i = 0; i < count; i++) {
    const roots = random.pick([2, 2, 3, 8, 16, 24]);
    const blockSize = random.pick([512, 512, 1024, 4096]);
    const where = random.pick(["own-device", "hash-device"] as const);
    const dataBlocks = 1 + random.below(Math.min(700, 2 ** 20 / blockSize));
    const volume = await formatVolume({
      ...{ algorithm: "sha256", hashType: 1, salt: random.bytes(16), dataBlocks },
      ...{ dataBlockSize: blockSize, hashBlockSize: blockSize, fec: { roots, where } },
      sameDevice: random.below(3) === 0,
    });
    const name = `f${i}-r${roots}-b${blockSize}-n${dataBlocks}-${where}`;
    all.push({ name, volume });
    for (const damage of damages) {
      const damaged = copyVolume(volume);
      all.push({ name: `${name}-${damage(damaged, roots, random)}`, volume: damaged });
    }
  }
  return all;
}
