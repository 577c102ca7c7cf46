/** A map of blocks: a device of any size as a bounded number of cells. */
import type { BlockRange } from "../verity/block-ranges.ts";
import type { BlockState, LevelFindings } from "./tree-findings.ts";

/** A stretch of blocks, and how many of them are in which state. The rest are good. */
export interface MapCell {
  readonly first: number;
  readonly count: number;
  bad: number;
  lost: number;
  repaired: number;
}

/** Cells of equal numbers of blocks (the last may have fewer), at most `maxCells`. */
export function mapCells(blocks: number, maxCells: number, findings?: LevelFindings): MapCell[] {
  const blocksPerCell = Math.max(1, Math.ceil(blocks / maxCells));
  const cells: MapCell[] = [];
  for (let first = 0; first < blocks; first += blocksPerCell) {
    const count = Math.min(blocksPerCell, blocks - first);
    cells.push({ first, count, bad: 0, lost: 0, repaired: 0 });
  }
  if (findings === undefined) return cells;
  for (const state of ["bad", "lost", "repaired"] as const) {
    for (const range of findings[state]) tally(cells, blocksPerCell, range, state);
  }
  return cells;
}

/** The gravest state in a cell: one bad block in a thousand must show. */
export function cellState(cell: MapCell): BlockState {
  if (cell.bad > 0) return "bad";
  if (cell.lost > 0) return "lost";
  return cell.repaired > 0 ? "repaired" : "good";
}

function tally(
  cells: readonly MapCell[],
  blocksPerCell: number,
  range: BlockRange,
  state: "bad" | "lost" | "repaired",
): void {
  const end = range.first + range.count;
  for (let at = range.first; at < end; ) {
    const cell = cells[Math.floor(at / blocksPerCell)];
    if (cell === undefined) return;
    const stop = Math.min(end, cell.first + cell.count);
    cell[state] += stop - at;
    at = stop;
  }
}
