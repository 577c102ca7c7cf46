/** The gallery as a table that a person reads. */
import type { Verdict } from "./gallery/run-gallery.ts";
import type { Paint, Style } from "./paint.ts";

/** Widths of the columns, in characters; a line is no longer than they are together, with what is between them. */
interface Widths {
  readonly does: number;
  readonly said: number;
  readonly point: number;
  readonly twin: number;
}

const widest: Widths = { does: 38, said: 52, point: 5, twin: 10 };
/** The mark and its blank, and two blanks between each two columns. */
const between = 2 + 3 * 2;
/** What is said in the widest table has so many lines at most; in others as much room. */
const mostLines = 4;
/** Where it is narrower, columns beside each other hold no words. */
const narrowestTable = 64;

/** A cell's lines, and how they look. */
interface Cell {
  readonly lines: readonly string[];
  readonly width: number;
  readonly style?: Style;
}

/**
 * The table; where there is no room for one, what would be its cells below each other.
 *
 * @param verdicts in order, those of a family one after the other.
 * @param columns how wide it may be: no line is longer, but where a column of words would be narrower than they are.
 */
export function renderTable(
  verdicts: readonly Verdict[],
  paint: Paint,
  columns: number = Number.POSITIVE_INFINITY,
): string {
  const widths = columns < narrowestTable ? undefined : widthsIn(columns);
  const lines = widths === undefined ? [] : renderRow(" ", undefined, headings(widths), paint);
  let family: string | undefined;
  for (const verdict of verdicts) {
    if (verdict.family !== family) {
      lines.push(...(lines.length === 0 ? [] : [""]), paint("bold", verdict.family));
    }
    family = verdict.family;
    const [mark, style] = verdict.holds ? (["✔", "green"] as const) : (["✘", "red"] as const);
    const rows = widths ? [cells(verdict, widths)] : stackedCells(verdict, columns).map((cell) => [cell]);
    for (const [i, row] of rows.entries()) {
      lines.push(...(i === 0 ? renderRow(mark, style, row, paint) : renderRow(" ", undefined, row, paint)));
    }
  }
  return lines.join("\n");
}

/** The two columns of words share what the others leave, as in the widest table. */
function widthsIn(columns: number): Widths {
  const { does, said, point, twin } = widest;
  const words = Math.min(columns - between - point - twin, does + said);
  const ownDoes = Math.round((words * does) / (does + said));
  return { does: ownDoes, said: words - ownDoes, point, twin };
}

/** Below each other: what the host does, what the guest says, and the rest in a line. */
function stackedCells(verdict: Verdict, columns: number): Cell[] {
  const width = Math.max(20, columns - 2);
  const [does, said, point, twin] = cells(verdict, { does: width, said: width, point: 0, twin: 0 });
  if (does === undefined || said === undefined) return [];
  const rest = `Parma ${point?.lines.join("").trim()}; ${twin?.lines.join("")} without it`;
  return [does, said, { lines: wrap(rest, width), width, style: twin?.style ?? "dim" }];
}

function headings(widths: Widths): Cell[] {
  const heading = (text: string, width: number): Cell => ({ lines: wrap(text, width), width, style: "dim" });
  return [
    heading("What the host does", widths.does),
    heading("What the guest says", widths.said),
    heading("Parma", widths.point),
    heading("Without it", widths.twin),
  ];
}

function cells(verdict: Verdict, widths: Widths): Cell[] {
  const { does, point, said, saidOfTwin, expected } = verdict;
  const isRefused = said?.name === expected;
  return [
    { lines: wrap(does, widths.does, linesIn(widths.does, widest.does)), width: widths.does },
    {
      lines: wrap(answer(verdict), widths.said, linesIn(widths.said, widest.said)),
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

function linesIn(width: number, widestWidth: number): number {
  return Math.ceil((mostLines * widestWidth) / Math.min(width, widestWidth));
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
      const blank = " ".repeat(Math.max(0, width - text.length));
      return look === undefined ? text + blank : paint(look, text) + blank;
    });
    return `${head} ${texts.join("  ")}`.trimEnd();
  });
}

/** A line that goes on, where it is broken, as far in as it begins; as it is where no width is known. */
export function indented(line: string, columns: number): string {
  const indent = " ".repeat(line.length - line.trimStart().length);
  const width = Math.max(20, columns - indent.length);
  return wrap(line.trimStart(), width)
    .map((part) => indent + part)
    .join("\n");
}

/** Breaks text at its spaces; a word that is too long anywhere; of more than `most` lines the last ends in an ellipsis. */
export function wrap(text: string, width: number, most: number = Number.POSITIVE_INFINITY): string[] {
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
  if (lines.length <= most) return lines;
  const last = lines[most - 1] ?? "";
  return [...lines.slice(0, most - 1), `${last.slice(0, width - 1)}…`];
}

function pieces(word: string, width: number): string[] {
  const count = Number.isFinite(width) ? Math.max(1, Math.ceil(word.length / width)) : 1;
  if (count === 1) return [word];
  return Array.from({ length: count }, (_, i) => word.slice(i * width, (i + 1) * width));
}
