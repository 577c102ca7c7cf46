/** The tree as a page of its own: no script, nothing fetched, light and dark, wide and narrow. */
import { toHex } from "../bytes/hex.ts";
import type { BlockRange } from "../verity/block-ranges.ts";
import { byteQuantity, counted, grouped } from "./byte-quantity.ts";
import { blocksPerMapCell, dataBar, dataMap, levelBar } from "./tree-figure.ts";
import type { BlockState, TreeFindings } from "./tree-findings.ts";
import { treePageStyle } from "./tree-page-style.ts";
import { consequences, dataBlocksPerHashBlock, type TreePath, type TreeView, verdict } from "./tree-view.ts";

/** Rows of a table of bad blocks; a page is to be read, `verify --json` lists all. */
const maxRows = 200;

/** The whole document. */
export function treePage(view: TreeView): string {
  const title = `Hash tree of ${view.dataDevice ?? view.hashDevice}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${treePageStyle}</style>
</head>
<body>
<header>
<p class="kind">dm-verity</p>
<h1>${escapeHtml(title)}</h1>
<p class="verdict ${verdictClass(view)}">${escapeHtml(verdict(view))}</p>
</header>
<main>
${facts(view)}
${levels(view)}
${view.findings === undefined ? consequenceSection(view) : map(view, view.findings)}
${view.path === undefined ? "" : pathSection(view, view.path)}
${badBlocks(view)}
</main>
<footer>Drawn by <code>sealstone verity tree</code>.</footer>
</body>
</html>
`;
}

/** Text as it may stand between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function verdictClass({ findings }: TreeView): string {
  if (findings === undefined) return "plain";
  if (!findings.report.ok) return "bad";
  return findings.report.repairedBlocks.blocks > 0 ? "repaired" : "good";
}

function facts(view: TreeView): string {
  const { parameters, geometry } = view;
  const rows: [string, string][] = [
    [
      "Data",
      `${counted(geometry.dataBlocks, "block")} of ${geometry.dataBlockSize} bytes, ${byteQuantity(geometry.dataSizeBytes)}`,
    ],
    [
      "Tree",
      `${counted(geometry.hashBlocks, "block")} of ${geometry.hashBlockSize} bytes in ${counted(geometry.levels.length, "level")}, ${byteQuantity(geometry.hashBlocks * geometry.hashBlockSize)}`,
    ],
    [
      "Hash",
      `${parameters.algorithm}, type ${parameters.hashType}, ${geometry.digestsPerBlock} digests in a hash block`,
    ],
    ["Salt", parameters.salt.length === 0 ? "none" : `<code>${toHex(parameters.salt)}</code>`],
  ];
  if (view.rootHash !== undefined) rows.push(["Root hash", `<code>${toHex(view.rootHash)}</code>`]);
  rows.push(["Hash device", escapeHtml(view.hashDevice)]);
  return `<dl class="facts">${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
}

function levels(view: TreeView): string {
  const { geometry, findings } = view;
  const rows = geometry.levels.toReversed().map((level) => {
    const first = level.firstBlock * geometry.hashBlockSize;
    const last = first + level.blocks * geometry.hashBlockSize - 1;
    const under = dataBlocksPerHashBlock(geometry, level.level);
    const note = `${counted(level.blocks, "hash block")} at bytes ${grouped(first)}–${grouped(last)}; each answers for ${counted(under, "data block")}`;
    return levelRow(`Level ${level.level}`, note, levelBar(geometry, level, findings?.levels[level.level]));
  });
  const dataNote = `${counted(geometry.dataBlocks, "block")} at bytes 0–${grouped(geometry.dataSizeBytes - 1)}`;
  rows.push(levelRow("Data", dataNote, dataBar(geometry, findings?.data)));
  return `<section>
<h2>From the root down</h2>
<p>Each bar is a level of the tree, the root's on top. A block is as wide as the data it answers for: what stands below a bad block cannot be read.</p>
<div class="levels"><p class="root">root hash</p>${rows.join("\n")}</div>
</section>`;
}

function levelRow(name: string, note: string, svg: string): string {
  return `<div class="level"><h3>${name}</h3><p>${note}</p>${svg}</div>`;
}

function map({ geometry }: TreeView, findings: TreeFindings): string {
  const perCell = blocksPerMapCell(geometry.dataBlocks);
  const scale =
    perCell === 1
      ? "Each square is a data block."
      : `Each square is ${grouped(perCell)} data blocks (${byteQuantity(perCell * geometry.dataBlockSize)}) and shows the gravest state among them.`;
  return `<section>
<h2>Map of the data</h2>
<p>${scale} Left to right, top to bottom, from byte 0.</p>
${legendList()}${dataMap(geometry.dataBlocks, findings.data)}
</section>`;
}

/** What stands in the map's place where nothing was verified. */
function consequenceSection({ geometry }: TreeView): string {
  const sentences = consequences(geometry).map((sentence) => `<li>${sentence}</li>`);
  return `<section>
<h2>What a corrupt block takes with it</h2>
<ul class="plain-list">${sentences.join("")}</ul>
<p>To see which blocks are bad: <code>sealstone verity tree &lt;data_device&gt; &lt;hash_device&gt; &lt;root_hash&gt; --html page.html</code></p>
</section>`;
}

function legendList(): string {
  const states: [BlockState, string][] = [
    ["good", "good"],
    ["bad", "bad"],
    ["lost", "behind a bad hash block"],
    ["repaired", "repaired"],
  ];
  return `<ul class="legend">${states.map(([state, text]) => `<li><svg viewBox="0 0 9 9" aria-hidden="true"><rect class="${state}" width="9" height="9"/></svg>${text}</li>`).join("")}</ul>`;
}

function pathSection(view: TreeView, path: TreePath): string {
  const steps = path.steps.map(
    (step) =>
      `<li class="${step.state ?? "plain"}"><b>Level ${step.level}, block ${step.index}</b> at byte ${grouped(step.offsetBytes)}, slot ${step.slot}${stateText(step.state)}<br><code>${step.digest}</code></li>`,
  );
  const offset = grouped(path.block * view.geometry.dataBlockSize);
  const root = view.rootHash === undefined ? "kept by you" : `<code>${toHex(view.rootHash)}</code>`;
  return `<section>
<h2>Path to data block ${path.block}</h2>
<ol class="path"><li class="plain"><b>Root hash</b><br>${root}</li>${steps.join("")}<li class="${path.state ?? "plain"}"><b>Data block ${path.block}</b> at byte ${offset}${stateText(path.state)}</li></ol>
</section>`;
}

function stateText(state: BlockState | undefined): string {
  if (state === undefined) return "";
  return `: ${state === "lost" ? "behind a bad hash block" : state}`;
}

function badBlocks({ geometry, findings }: TreeView): string {
  if (findings === undefined) return "";
  const hashRows = findings.report.badHashBlocks.map(({ level, index }) => {
    const under = geometry.dataBlocksUnder(level, index);
    return [
      `Level ${level}, block ${index}`,
      grouped(geometry.offsetBytes(level, index)),
      `takes data blocks ${span(under)} with it`,
    ] as const;
  });
  const dataRows = [...findings.data.bad].map((range) => dataRow(range, geometry.dataBlockSize, "refused"));
  const repairedRows = [...findings.data.repaired].map((range) =>
    dataRow(range, geometry.dataBlockSize, "repaired, and checked again"),
  );
  const rows = [...hashRows, ...dataRows, ...repairedRows];
  if (rows.length === 0) return "";
  const more =
    rows.length > maxRows
      ? `<p>${grouped(rows.length - maxRows)} more: <code>sealstone verity verify --json</code> lists them.</p>`
      : "";
  const cells = rows
    .slice(0, maxRows)
    .map((row) => `<tr>${row.map((text) => `<td>${text}</td>`).join("")}</tr>`);
  return `<section>
<h2>What is bad</h2>
<div class="scroll"><table><thead><tr><th>Block</th><th>Byte</th><th>What comes of it</th></tr></thead><tbody>${cells.join("")}</tbody></table></div>${more}
</section>`;
}

function dataRow(range: BlockRange, blockSize: number, what: string): readonly [string, string, string] {
  return [`Data ${span(range)}`, grouped(range.first * blockSize), what];
}

function span({ first, count }: BlockRange): string {
  return count === 1 ? String(first) : `${first}–${first + count - 1}`;
}
