/** The gallery as a table that a person reads. */
import type { Verdict } from "./gallery/run-gallery.ts";
import type { Paint, Style } from "./paint.ts";

/** Widths of the columns, in characters; a line is no longer than they are together, with what is between them. */
const widths = { does: 38, said: 52, point: 5, twin: 10 } as const;
const mostLines = 4;

/** A cell's lines, and how they look. */
interface Cell {
  readonly lines: readonly string[];
  readonly width: number;
  readonly style?: Style;
}

/**
 * The table.
 *
 * @param verdicts in order, those of a family one after the other.
 */
export function renderTable(verdicts: readonly Verdict[], paint: Paint): string {
  const lines = renderRow(" ", undefined, headings(), paint);
  let family: string | undefined;
  for (const verdict of verdicts) {
    if (verdict.family !== family) lines.push("", paint("bold", verdict.family));
    family = verdict.family;
    lines.push(
      ...renderRow(verdict.holds ? "✔" : "✘", verdict.holds ? "green" : "red", cells(verdict), paint),
    );
  }
  return lines.join("\n");
}

function headings(): Cell[] {
  const heading = (text: string, width: number): Cell => ({ lines: wrap(text, width), width, style: "dim" });
  return [
    heading("What the host does", widths.does),
    heading("What the guest says", widths.said),
    heading("Parma", widths.point),
    heading("Without it", widths.twin),
  ];
}

function cells(verdict: Verdict): Cell[] {
  const { does, point, said, saidOfTwin, expected } = verdict;
  const isRefused = said?.name === expected;
  return [
    { lines: wrap(does, widths.does), width: widths.does },
    {
      lines: wrap(answer(verdict), widths.said),
      width: widths.said,
      ...(isRefused ? {} : { style: "red" as const }),
    },
    { lines: [String(point).padStart(3)], width: widths.point },
    {
      lines: [saidOfTwin === undefined ? "allowed" : "refused"],
      width: widths.twin,
      ...(saidOfTwin === undefined ? {} : { style: "red" as const }),
    },
  ];
}

function answer({ said, expected }: Verdict): string {
  if (said === undefined) return `nothing: the host had its way, and ${expected} was expected`;
  const instead = said.name === expected ? "" : ` (${expected} was expected)`;
  return `${said.name}${instead}: ${shortenDigests(said.message)}`;
}

/** Digests by their first digits: nobody reads more of them. */
function shortenDigests(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{8})[0-9a-f]{24,}\b/gi, "$1…");
}

function renderRow(mark: string, style: Style | undefined, row: readonly Cell[], paint: Paint): string[] {
  const height = Math.max(...row.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const head = line > 0 ? " " : style === undefined ? mark : paint(style, mark);
    const texts = row.map(({ lines, width, style: look }) => {
      const text = lines[line] ?? "";
      const blank = " ".repeat(width - text.length);
      return look === undefined ? text + blank : paint(look, text) + blank;
    });
    return `${head} ${texts.join("  ")}`.trimEnd();
  });
}

/** Breaks text at its spaces; a word that is too long anywhere; what is too much ends in an ellipsis. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((long) => pieces(long, width))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  if (lines.length <= mostLines) return lines;
  const last = lines[mostLines - 1] ?? "";
  return [...lines.slice(0, mostLines - 1), `${last.slice(0, width - 1)}…`];
}

function pieces(word: string, width: number): string[] {
  const count = Math.max(1, Math.ceil(word.length / width));
  return Array.from({ length: count }, (_, i) => word.slice(i * width, (i + 1) * width));
}
