/** Broken volumes, judged by Linux: the blocks that it answers with an I/O error are those that we name and refuse. */
import { beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { IntegrityError } from "../../src/errors.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { makeVolume, small, type Volume, verify } from "../verity/small-volume.ts";
import { askKernel, type KernelVerdict, type KernelVolume, missingTools } from "./user-mode-linux.ts";

const skip = missingTools.length > 0 && process.env["CI"] === undefined;

interface Case {
  readonly name: string;
  readonly blocks: number;
  readonly parameters: VerityParameters;
  /** How many bits are flipped in the data, and in the tree. */
  readonly flips: { readonly data: number; readonly tree: number };
}

const kinds: readonly (readonly [string, Partial<VerityParameters>])[] = [
  ["512-byte blocks", {}],
  ["4 KiB blocks", { dataBlockSize: 4096, hashBlockSize: 4096 }],
  ["hash blocks larger than data blocks", { dataBlockSize: 512, hashBlockSize: 4096 }],
  ["hash blocks smaller than data blocks", { dataBlockSize: 2048, hashBlockSize: 1024 }],
  ["hash type 0", { hashType: 0 }],
  ["no salt", { salt: new Uint8Array(0) }],
  ["a salt of 256 bytes", { salt: new Uint8Array(256).fill(0x5a) }],
  ["sha1 packed", { algorithm: "sha1", hashType: 0 }],
  ["sha1", { algorithm: "sha1" }],
  ["sha384", { algorithm: "sha384", hashBlockSize: 1024 }],
  ["sha512", { algorithm: "sha512", hashBlockSize: 1024 }],
];

const broken: readonly Case[] = kinds.flatMap(([kind, change]) => {
  const parameters = { ...small, ...change };
  return [
    { name: `${kind}, data broken`, blocks: 300, parameters, flips: { data: 5, tree: 0 } },
    { name: `${kind}, data and tree broken`, blocks: 300, parameters, flips: { data: 3, tree: 2 } },
  ];
});

const cases: readonly Case[] = [
  { name: "sound", blocks: 300, parameters: small, flips: { data: 0, tree: 0 } },
  { name: "one block, sound", blocks: 1, parameters: small, flips: { data: 0, tree: 0 } },
  { name: "one block, broken", blocks: 1, parameters: small, flips: { data: 1, tree: 0 } },
  ...broken,
];

/** Flips bits at seeded places; the superblock, which no kernel reads, is left as it is. */
async function breakVolume({ blocks, parameters, flips }: Case, random: SeededRandom): Promise<Volume> {
  const volume = await makeVolume(blocks, parameters);
  const flip = (bytes: Uint8Array, from: number): void => {
    const at = from + random.below(bytes.length - from);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  };
  for (let i = 0; i < flips.data; i++) flip(volume.data, 0);
  for (let i = 0; i < flips.tree; i++) flip(volume.hash, parameters.hashBlockSize);
  return volume;
}

function forKernel({ data, hash, identity }: Volume): KernelVolume {
  const { hashType, dataBlockSize, hashBlockSize, dataBlocks, algorithm, rootHash, salt } = identity;
  const sizes = `${dataBlockSize} ${hashBlockSize} ${dataBlocks} 1`;
  const saltText = salt.length === 0 ? "-" : toHex(salt);
  return {
    ...{ data, hash, hashType, dataBlockSize, dataBlocks },
    table: `${sizes} ${algorithm} ${toHex(rootHash)} ${saltText}`,
  };
}

/** The blocks that a device refuses, each read on its own; all, where it does not open. */
async function refusedBlocks({ data, hash, identity }: Volume): Promise<number[]> {
  const blocks = Array.from({ length: identity.dataBlocks }, (_, block) => block);
  const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash), identity };
  const device = await VerityDevice.open(devices).catch((error: unknown) => {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  });
  if (device === undefined) return blocks;
  const into = new Uint8Array(identity.dataBlockSize);
  const refused: number[] = [];
  for (const block of blocks) {
    try {
      await device.read(block * identity.dataBlockSize, into);
    } catch (error) {
      expect(error).toBeInstanceOf(IntegrityError);
      refused.push(block);
    }
  }
  await device.close();
  return refused;
}

describe.skipIf(skip)(`a kernel (missing here: ${missingTools.join(", ") || "nothing"})`, () => {
  let volumes: readonly Volume[] = [];
  let verdicts: readonly KernelVerdict[] = [];

  beforeAll(async () => {
    const random = new SeededRandom(1);
    volumes = await Promise.all(cases.map((each) => breakVolume(each, random)));
    verdicts = askKernel(volumes.map(forKernel));
  }, 300_000);

  test.each(cases.map(({ name, flips }, index) => ({ name, flips, index })))(
    "$name",
    async ({ flips, index }) => {
      const volume = volumes[index] as Volume;
      const report = await verify(volume);
      expect(verdicts[index]?.mapped).toBe(true);
      expect(report.unreadableBlocks.numbers()).toEqual(verdicts[index]?.unreadableBlocks);
      expect(await refusedBlocks(volume)).toEqual(verdicts[index]?.unreadableBlocks);
      expect(report.ok).toBe(flips.data + flips.tree === 0);
    },
  );
});
