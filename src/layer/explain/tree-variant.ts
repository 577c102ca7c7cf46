/**
 * Root hashes from leaf digests: of the tree as it is, and as it was built before
 * hcsshim #1659 (February 2023), when a level that filled its last block got a
 * block of zeros more, and its parents a digest of that.
 *
 * Source: hcsshim `ext4/dmverity/dmverity.go`, before and after that change.
 */
import type { BlockHasher } from "../../crypto/block-hasher.ts";
import { createBlockHasher } from "../../crypto/create-block-hasher.ts";
import { invariant } from "../../errors.ts";
import { legacyLevelBlocks } from "../legacy-tree.ts";
import { LeafTable } from "./leaf-table.ts";

/** How the levels of a tree are padded. */
export type TreeVariant = "standard" | "before-1659";

const blockSize = 4096;
const digestSize = 32;
const blocksPerCall = 64;

/**
 * The root hash over leaf digests.
 *
 * @param leaves digests of all data blocks; at least one.
 */
export async function rootHashOfLeaves(leaves: LeafTable, variant: TreeVariant): Promise<Uint8Array> {
  invariant(leaves.count > 0, "a layer has blocks");
  const hasher = await createBlockHasher({
    algorithm: "sha256",
    salt: new Uint8Array(digestSize),
    saltPosition: "first",
    capacityBytes: blocksPerCall * blockSize,
  });
  try {
    let level = leaves;
    for (;;) {
      const blocks = blocksOf(level.count * digestSize, variant);
      const digests = digestLevel(hasher, level, blocks);
      if (blocks === 1) return digests;
      level = LeafTable.of(digests);
    }
  } finally {
    hasher.close();
  }
}

/** Whether the two ways to build a tree give different trees over so many data blocks. */
export function variantsDiffer(dataBlocks: number): boolean {
  for (let digests = dataBlocks; ; digests = blocksOf(digests * digestSize, "standard")) {
    if ((digests * digestSize) % blockSize === 0) return true;
    if (digests * digestSize < blockSize) return false;
  }
}

function blocksOf(levelBytes: number, variant: TreeVariant): number {
  return variant === "standard"
    ? Math.ceil(levelBytes / blockSize)
    : legacyLevelBlocks(levelBytes / digestSize);
}

/** Digests of a level's blocks; what is missing at the end is zero. */
function digestLevel(hasher: BlockHasher, level: LeafTable, blocks: number): Uint8Array {
  const digests = new Uint8Array(blocks * digestSize);
  for (let first = 0; first < blocks; first += blocksPerCall) {
    const count = Math.min(blocksPerCall, blocks - first);
    const input = hasher.input.subarray(0, count * blockSize);
    input.fill(0, level.copy(first * (blockSize / digestSize), input));
    digests.set(hasher.digest(0, blockSize, count), first * digestSize);
  }
  return digests;
}
