/**
 * The plain rule of what can be repaired, for blocks that are lost whole: a
 * block of a round with `lost` wrong blocks, `located` of them by a verified
 * digest, and `parity` wrong parity bytes per codeword is repaired where
 *
 *     2 · (lost + parity) ≤ roots,  or  located + 2 · (lost − located + parity) ≤ roots
 *
 * and its digest is known. Hash blocks that are repaired make further digests
 * known, so the rule is applied until nothing changes.
 */
import type { FecVolume } from "./fec-volume.ts";
import { hashMessageBlock } from "./fec-volume.ts";

/** What is broken. */
export interface Losses {
  /** Blocks of the message of which every byte is wrong. */
  readonly blocks: ReadonlySet<number>;
  /** By round, how many bytes of parity are wrong in every codeword. */
  readonly parity: ReadonlyMap<number, number>;
  /** Whether hash blocks are located too; the kernel does not. */
  readonly locateHashBlocks: boolean;
}

/** The data blocks that a read through the tree must refuse, in rising order. */
export function unreadableBlocks(volume: FecVolume, losses: Losses): number[] {
  const { geometry, layout } = volume;
  const lost = new Set(losses.blocks);
  const parentOf = parents(volume);
  const isAvailable = (block: number | undefined): boolean => {
    for (let at = block; at !== undefined; at = parentOf.get(at)) if (lost.has(at)) return false;
    return true;
  };
  const isLocated = (block: number): boolean => {
    if (!lost.has(block) || !parentOf.has(block)) return false;
    if (block >= layout.dataBlocks && !losses.locateHashBlocks) return false;
    return isAvailable(parentOf.get(block));
  };
  const isRepairable = (block: number): boolean => {
    const round = layout.roundOf(block);
    const wrong = [...lost].filter((other) => layout.roundOf(other) === round);
    const located = wrong.filter(isLocated).length;
    const parity = losses.parity.get(round) ?? 0;
    if (!isAvailable(parentOf.get(block))) return false;
    if (2 * (wrong.length + parity) <= layout.roots) return true;
    return located + 2 * (wrong.length - located + parity) <= layout.roots;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of [...lost]) {
      if (block < layout.dataBlocks || !parentOf.has(block) || !isRepairable(block)) continue;
      lost.delete(block);
      changed = true;
    }
  }
  return Array.from({ length: geometry.dataBlocks }, (_, block) => block).filter((block) =>
    lost.has(block) ? !isRepairable(block) : !isAvailable(parentOf.get(block)),
  );
}

/** For each block that the tree covers, the hash block that holds its digest; `undefined` for the root. */
function parents(volume: FecVolume): Map<number, number | undefined> {
  const { geometry } = volume;
  const found = new Map<number, number | undefined>();
  const parent = (level: number, index: number): number | undefined =>
    level === geometry.levels.length
      ? undefined
      : hashMessageBlock(volume, level, Math.floor(index / geometry.digestsPerBlock));
  for (let block = 0; block < geometry.dataBlocks; block++) found.set(block, parent(0, block));
  for (const { level, blocks } of geometry.levels) {
    for (let index = 0; index < blocks; index++) {
      found.set(hashMessageBlock(volume, level, index), parent(level + 1, index));
    }
  }
  return found;
}
