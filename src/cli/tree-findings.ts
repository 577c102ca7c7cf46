/** What a verification found, as states of blocks that can be drawn. */
import { type BlockRange, BlockRanges } from "../verity/block-ranges.ts";
import type { TreeGeometry } from "../verity/geometry.ts";
import type { VerityReport } from "../verity/verify-report.ts";

/**
 * `bad`: the block itself is not what its parent says. `lost`: a hash block
 * above it is bad, so that nothing vouches for it. `repaired`: error correction
 * brought it back.
 */
export type BlockState = "bad" | "lost" | "repaired" | "good";

/** Ranges of one level's blocks that are not good; they do not overlap. */
export interface LevelFindings {
  readonly bad: BlockRanges;
  readonly lost: BlockRanges;
  readonly repaired: BlockRanges;
}

/** What was found, by level; the data blocks apart. */
export interface TreeFindings {
  readonly report: VerityReport;
  readonly data: LevelFindings;
  /** `levels[0]` are the leaves. */
  readonly levels: readonly LevelFindings[];
}

/** Sorts a report's blocks by what befell them. */
export function treeFindings(geometry: TreeGeometry, report: VerityReport): TreeFindings {
  const levels = geometry.levels.map(() => emptyFindings());
  const data = { ...emptyFindings(), repaired: report.repairedBlocks };
  for (const { level, index } of report.badHashBlocks) {
    levels[level]?.bad.add(index);
    for (let below = 0; below < level; below++) {
      const span = 2 ** (geometry.bits * (level - below));
      const blocks = geometry.levels[below]?.blocks ?? 0;
      const first = index * span;
      levels[below]?.lost.add(first, Math.min(span, blocks - first));
    }
    const under = geometry.dataBlocksUnder(level, index);
    data.lost.add(under.first, under.count);
  }
  for (const { level, index } of report.repairedHashBlocks) levels[level]?.repaired.add(index);
  addDifference(data.bad, report.unreadableBlocks, data.lost);
  return { report, data, levels };
}

/** The state of one block. */
export function blockState(findings: LevelFindings, block: number): BlockState {
  if (findings.bad.has(block)) return "bad";
  if (findings.lost.has(block)) return "lost";
  return findings.repaired.has(block) ? "repaired" : "good";
}

function emptyFindings(): LevelFindings {
  return { bad: new BlockRanges(), lost: new BlockRanges(), repaired: new BlockRanges() };
}

/** Adds the blocks of `from` that are not in `without` to `target`. Both are sorted. */
function addDifference(target: BlockRanges, from: Iterable<BlockRange>, without: Iterable<BlockRange>): void {
  const holes = [...without];
  let hole = 0;
  for (const { first, count } of from) {
    const end = first + count;
    let at = first;
    while (at < end) {
      let next = holes[hole];
      while (next !== undefined && next.first + next.count <= at) next = holes[++hole];
      if (next === undefined || next.first >= end) {
        target.add(at, end - at);
        break;
      }
      if (next.first > at) target.add(at, next.first - at);
      at = next.first + next.count;
    }
  }
}
