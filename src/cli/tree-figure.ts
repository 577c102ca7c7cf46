/** The pictures of the tree page, as inline SVG. Colours are CSS classes; every cell that is not good has a title. */
import type { TreeGeometry, TreeLevel } from "../verity/geometry.ts";
import { cellState, type MapCell, mapCells } from "./block-map.ts";
import { counted } from "./byte-quantity.ts";
import type { LevelFindings } from "./tree-findings.ts";

/** Width of a level's bar in its own units; it is stretched to the page's width. */
const barWidth = 1000;
const barHeight = 24;
const maxBarCells = 250;
/** What is not good is drawn this wide at least, so that a phone shows it too. */
const minSeenWidth = 4;
const mapColumns = 64;
const mapMaxRows = 48;
/** A cell of the map is 10 units wide, 1 of them the gap. */
const cellPitch = 10;
const cellSize = 9;

/**
 * A level as a bar: each block as wide as the data it answers for, so that
 * what lies under a block stands right below it in the next bar.
 */
export function levelBar(geometry: TreeGeometry, level: TreeLevel, findings?: LevelFindings): string {
  const cells = mapCells(level.blocks, maxBarCells, findings);
  const place = (cell: MapCell): Box => {
    const first = geometry.dataBlocksUnder(level.level, cell.first).first;
    const last = geometry.dataBlocksUnder(level.level, cell.first + cell.count - 1);
    return barBox(geometry, first, last.first + last.count);
  };
  return bar(cells, place, findings !== undefined, `hash block`);
}

/** The data blocks as the lowest bar. */
export function dataBar(geometry: TreeGeometry, findings?: LevelFindings): string {
  const cells = mapCells(geometry.dataBlocks, maxBarCells, findings);
  const place = (cell: MapCell): Box => barBox(geometry, cell.first, cell.first + cell.count);
  return bar(cells, place, findings !== undefined, "data block");
}

/** All data blocks in rows of 64 cells. */
export function dataMap(dataBlocks: number, findings: LevelFindings): string {
  const cells = mapCells(dataBlocks, mapColumns * mapMaxRows, findings);
  const rows = Math.ceil(cells.length / mapColumns);
  const place = (_: MapCell, at: number): Box => ({
    x: (at % mapColumns) * cellPitch,
    y: Math.floor(at / mapColumns) * cellPitch,
    width: cellSize,
    height: cellSize,
  });
  const columns = Math.min(mapColumns, Math.max(cells.length, 16));
  const viewBox = `0 0 ${columns * cellPitch - 1} ${rows * cellPitch - 1}`;
  const shapes = cellShapes(cells, place, true, "data block");
  return `<svg class="map" viewBox="${viewBox}" role="img" aria-label="Map of ${counted(dataBlocks, "data block")}">${shapes}</svg>`;
}

/** How many data blocks a cell of the map stands for. */
export function blocksPerMapCell(dataBlocks: number): number {
  return Math.max(1, Math.ceil(dataBlocks / (mapColumns * mapMaxRows)));
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function barBox(geometry: TreeGeometry, first: number, end: number): Box {
  const x = (first / geometry.dataBlocks) * barWidth;
  const width = (end / geometry.dataBlocks) * barWidth - x;
  // The gap to the next block shrinks with the block.
  return { x, y: 0, width: width - Math.min(1.5, width / 5), height: barHeight };
}

function bar(
  cells: readonly MapCell[],
  place: (cell: MapCell) => Box,
  checked: boolean,
  noun: string,
): string {
  const viewBox = `0 0 ${barWidth} ${barHeight}`;
  return `<svg class="bar" viewBox="${viewBox}" preserveAspectRatio="none" aria-hidden="true">${cellShapes(cells, place, checked, noun)}</svg>`;
}

/** Good cells share one path: a page of thousands of elements would be slow on a phone. */
function cellShapes(
  cells: readonly MapCell[],
  place: (cell: MapCell, at: number) => Box,
  checked: boolean,
  noun: string,
): string {
  let good = "";
  let others = "";
  for (const [at, cell] of cells.entries()) {
    const box = place(cell, at);
    const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(short);
    const state = cellState(cell);
    if (state === "good") good += `M${x} ${y}h${width}v${height}h-${width}z`;
    else {
      const seen = short(Math.max(box.width, minSeenWidth));
      others += `<rect class="${state}" x="${x}" y="${y}" width="${seen}" height="${height}"><title>${cellTitle(cell, noun)}</title></rect>`;
    }
  }
  return `<path class="${checked ? "good" : "plain"}" d="${good}"/>${others}`;
}

/** What a cell holds, for example `data blocks 128–255: 1 bad, 3 repaired`. */
function cellTitle(cell: MapCell, noun: string): string {
  const last = cell.first + cell.count - 1;
  const name = cell.count === 1 ? `${noun} ${cell.first}` : `${noun}s ${cell.first}–${last}`;
  const states = [
    [cell.bad, "bad"],
    [cell.lost, "behind a bad hash block"],
    [cell.repaired, "repaired"],
  ] as const;
  const found = states.filter(([count]) => count > 0);
  return `${name}: ${found.map(([count, what]) => (cell.count === 1 ? what : `${count} ${what}`)).join(", ")}`;
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
