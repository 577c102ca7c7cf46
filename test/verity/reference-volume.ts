/**
 * Verity volumes made the plain way with node:crypto: an independent second
 * opinion on the format, small enough to read at a glance.
 */
import { createHash } from "node:crypto";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import { serializeSuperblock } from "../../src/verity/superblock.ts";
import { seedBytes } from "./golden.ts";

/** A volume in memory. */
export interface Volume {
  readonly identity: VerityIdentity;
  readonly data: Uint8Array;
  /** The hash device: superblock, padding up to a hash block, tree from the root's level down. */
  readonly hash: Uint8Array;
  /** Byte offset of each level on the hash device; 0 = leaves. */
  readonly levelOffsets: readonly number[];
  /** Hash blocks in each level. */
  readonly levelBlocks: readonly number[];
  readonly digestsPerBlock: number;
}

const opensslNames: Record<string, string> = { "blake2b-512": "blake2b512", "blake2s-256": "blake2s256" };

/** The parameters of most tests: small blocks make deep trees of few bytes. */
export const smallParameters: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: Uint8Array.from({ length: 32 }, (_, i) => 0xa0 ^ i),
  dataBlockSize: 512,
  hashBlockSize: 512,
};

/** Digest of one block, as the tree holds it. */
export function blockDigest(parameters: VerityParameters, block: Uint8Array): Uint8Array {
  const { hashType, salt, algorithm } = parameters;
  const hash = createHash(opensslNames[algorithm] ?? algorithm);
  return (hashType === 1 ? hash.update(salt).update(block) : hash.update(block).update(salt)).digest();
}

/**
 * Builds a volume over `data`, by default seeded bytes. `forge` may change a
 * hash block before its own digest is taken: a tree that is wrong all the way up.
 */
export function makeVolume(
  dataBlocks: number,
  overrides: Partial<VerityParameters> = {},
  data: Uint8Array = seedBytes(dataBlocks * (overrides.dataBlockSize ?? smallParameters.dataBlockSize)),
  forge: (block: Uint8Array, level: number, index: number) => void = () => {},
): Volume {
  const parameters = { ...smallParameters, ...overrides };
  const { dataBlockSize, hashBlockSize, hashType } = parameters;
  let digests: Uint8Array[] = [];
  for (let block = 0; block < dataBlocks; block++) {
    digests.push(blockDigest(parameters, data.subarray(block * dataBlockSize, (block + 1) * dataBlockSize)));
  }
  const digestSize = (digests[0] as Uint8Array).length;
  const digestsPerBlock = 2 ** Math.floor(Math.log2(hashBlockSize / digestSize));
  const slotSize = hashType === 1 ? 2 ** Math.ceil(Math.log2(digestSize)) : digestSize;
  const levels: Uint8Array[][] = [];
  while (digests.length > 1) {
    const blocks: Uint8Array[] = [];
    for (let first = 0; first < digests.length; first += digestsPerBlock) {
      const block = new Uint8Array(hashBlockSize);
      const inBlock = digests.slice(first, first + digestsPerBlock);
      for (const [slot, digest] of inBlock.entries()) block.set(digest, slot * slotSize);
      forge(block, levels.length, blocks.length);
      blocks.push(block);
    }
    levels.push(blocks);
    digests = blocks.map((block) => blockDigest(parameters, block));
  }
  const uuid = new Uint8Array(16).fill(0x11);
  const superblock = serializeSuperblock({ ...parameters, uuid, dataBlocks });
  const start = Math.ceil(superblock.length / hashBlockSize) * hashBlockSize;
  const area = Buffer.concat([
    superblock,
    new Uint8Array(start - superblock.length),
    ...levels.toReversed().flat(),
  ]);
  const levelOffsets: number[] = [];
  let offset = start;
  for (const [level, blocks] of [...levels.entries()].toReversed()) {
    levelOffsets[level] = offset;
    offset += blocks.length * hashBlockSize;
  }
  return {
    identity: { ...parameters, dataBlocks, rootHash: digests[0] as Uint8Array },
    data,
    hash: Uint8Array.from(area),
    levelOffsets,
    levelBlocks: levels.map((blocks) => blocks.length),
    digestsPerBlock,
  };
}
