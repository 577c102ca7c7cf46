/** The tree as text: its shape, the way to one block, and a map of what is bad. */
import { toHex } from "../bytes/hex.ts";
import { cellState, mapCells } from "./block-map.ts";
import { byteQuantity, counted } from "./byte-quantity.ts";
import type { BlockState, LevelFindings } from "./tree-findings.ts";
import { consequences, dataBlocksPerHashBlock, type TreePath, type TreeView, verdict } from "./tree-view.ts";

/** Characters in a row of the map, and rows at most. */
const mapColumns = 64;
const mapRows = 16;

const symbols: Record<BlockState, string> = { good: ".", repaired: "r", lost: "-", bad: "X" };

/** The whole drawing, without a trailing newline. */
export function treeText(view: TreeView): string {
  const parts = [heading(view), shape(view)];
  if (view.path !== undefined) parts.push(pathText(view, view.path));
  if (view.findings === undefined) parts.push(consequences(view.geometry).join("\n"));
  else parts.push(mapText(view), verdict(view));
  return parts.join("\n\n");
}

function heading({ hashDevice, parameters, geometry }: TreeView): string {
  const { algorithm, salt, hashType } = parameters;
  const salted = salt.length === 0 ? "no salt" : `salt ${toHex(salt)}`;
  return [
    `Hash tree on ${hashDevice}: ${algorithm}, type ${hashType}, ${salted}`,
    `${counted(geometry.dataBlocks, "data block")} of ${geometry.dataBlockSize} bytes (${byteQuantity(geometry.dataSizeBytes)})` +
      ` under ${counted(geometry.hashBlocks, "hash block")} of ${geometry.hashBlockSize} bytes` +
      ` (${byteQuantity(geometry.hashBlocks * geometry.hashBlockSize)})`,
    `${geometry.digestsPerBlock} digests of ${geometry.digestSizeBytes} bytes in a hash block, ${geometry.slotSizeBytes} bytes apart`,
  ].join("\n");
}

/** One row a level, each further in: name, blocks, where they lie, what one block answers for. */
function shape({ geometry, rootHash }: TreeView): string {
  const rows: [string, string, string, string][] = [
    ["", "blocks", "bytes on its device", "one block answers for"],
  ];
  rows.push([
    "root hash",
    "",
    rootHash === undefined ? "(kept by you)" : `${toHex(rootHash).slice(0, 16)}…`,
    "everything",
  ]);
  let depth = 1;
  for (const { level, firstBlock, blocks } of geometry.levels.toReversed()) {
    const first = firstBlock * geometry.hashBlockSize;
    const under = dataBlocksPerHashBlock(geometry, level);
    rows.push([
      `${branch(depth)}level ${level}`,
      String(blocks),
      `${first}–${first + blocks * geometry.hashBlockSize - 1}`,
      `${counted(under, "data block")} (${byteQuantity(under * geometry.dataBlockSize)})`,
    ]);
    depth++;
  }
  rows.push([
    `${branch(depth)}data`,
    String(geometry.dataBlocks),
    `0–${geometry.dataSizeBytes - 1}`,
    "itself",
  ]);
  return aligned(rows);
}

function branch(depth: number): string {
  return `${"   ".repeat(depth - 1)}└─ `;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map(([name = "", blocks = "", bytes = "", answers = ""]) => {
      const [nameWidth = 0, blocksWidth = 0, bytesWidth = 0] = widths;
      return `${name.padEnd(nameWidth)}  ${blocks.padStart(blocksWidth)}  ${bytes.padEnd(bytesWidth)}  ${answers}`;
    })
    .join("\n");
}

function pathText(view: TreeView, path: TreePath): string {
  const { geometry } = view;
  const lines = [`Path to data block ${path.block}:`];
  lines.push(`  root hash  ${view.rootHash === undefined ? "(kept by you)" : toHex(view.rootHash)}`);
  for (const step of path.steps) {
    lines.push(
      `  level ${step.level}, block ${step.index} at byte ${step.offsetBytes}, slot ${step.slot}${stateNote(step.state)}`,
      `    holds ${step.digest}`,
    );
  }
  const offset = path.block * geometry.dataBlockSize;
  lines.push(`  data block ${path.block} at byte ${offset}${stateNote(path.state)}`);
  return lines.join("\n");
}

function stateNote(state: BlockState | undefined): string {
  switch (state) {
    case undefined:
      return "";
    case "good":
      return ": good";
    case "repaired":
      return ": bad, and repaired";
    case "lost":
      return ": not vouched for, a hash block above it is bad";
    case "bad":
      return ": BAD";
  }
}

function mapText({ geometry, findings }: TreeView): string {
  const lines: string[] = [];
  for (const { level, blocks } of geometry.levels.toReversed()) {
    lines.push(...mapRowsOf(`level ${level}`, blocks, findings?.levels[level]));
  }
  lines.push(...mapRowsOf("data", geometry.dataBlocks, findings?.data));
  lines.push("", "  . good   X bad   - behind a bad hash block   r repaired");
  return lines.join("\n");
}

function mapRowsOf(name: string, blocks: number, findings: LevelFindings | undefined): string[] {
  const cells = mapCells(blocks, mapColumns * mapRows, findings);
  const perCell = cells[0]?.count ?? 1;
  const lines = [`${name}: ${counted(blocks, "block")}${perCell === 1 ? "" : `, ${perCell} a character`}`];
  for (let at = 0; at < cells.length; at += mapColumns) {
    const row = cells.slice(at, at + mapColumns);
    lines.push(
      `  ${String(row[0]?.first ?? 0).padStart(10)}  ${row.map((cell) => symbols[cellState(cell)]).join("")}`,
    );
  }
  return lines;
}
