/**
 * The trees of layers that were made before February 2023. A level whose
 * digests filled its last block to the brim was given a block of zeros after
 * it (hcsshim before pull request 1659). Such an image has another root hash,
 * and neither the kernel nor we can read it; all that is wanted is to say so.
 */
import { LAYER_BLOCK_SIZE_BYTES, LAYER_ROOT_HASH_SIZE_BYTES } from "./verity-parameters.ts";

const digestsPerBlock = LAYER_BLOCK_SIZE_BYTES / LAYER_ROOT_HASH_SIZE_BYTES;

/** How many blocks such a level has over so many blocks. */
export function legacyLevelBlocks(blocksBelow: number): number {
  return Math.floor(blocksBelow / digestsPerBlock) + 1;
}

/** How many blocks the tree of such a layer has. */
export function legacyTreeBlocks(dataBlocks: number): number {
  let total = 0;
  let below = dataBlocks;
  do {
    below = legacyLevelBlocks(below);
    total += below;
  } while (below > 1);
  return total;
}
