/** Lines of the shell cut into words, as `sh` has quotes and backslashes; nothing is expanded. */

/** A line that does not end where its quotes do. */
export class OpenQuote extends Error {
  override readonly name = "OpenQuote";
}

/**
 * Cuts a line into words: `'…'` stands as it is, in `"…"` a backslash takes `"` and `\` as they are,
 * outside any character. From a word that begins with `#` on it is a comment.
 *
 * @throws {OpenQuote} where a quote or a backslash is open at the end.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] as string;
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && word === undefined) {
      break;
    } else if (character === "'" || character === '"') {
      const [text, end] = quotedText(line, at);
      word = (word ?? "") + text;
      at = end;
    } else {
      if (character === "\\") at += 1;
      if (at >= line.length) throw new OpenQuote("the line ends in a backslash");
      word = (word ?? "") + line[at];
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function quotedText(line: string, start: number): [text: string, end: number] {
  const quote = line[start];
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    const character = line[at] as string;
    if (character === quote) return [text, at];
    const next = line[at + 1];
    if (quote === '"' && character === "\\" && (next === '"' || next === "\\")) at += 1;
    text += line[at];
  }
  throw new OpenQuote(`a ${quote} is not closed`);
}

/** The word that a line ends in, as it was written and as it is read; empty after a space. */
export function lastWord(line: string): {
  readonly written: string;
  readonly text: string;
  readonly isFirst: boolean;
} {
  const written = /(?:\\.|[^\s\\])*$/.exec(line)?.[0] ?? "";
  const before = line.slice(0, line.length - written.length);
  return { written, text: written.replace(/\\(.)/g, "$1"), isFirst: before.trim() === "" };
}

/** A word as it must be written, where it holds what means something. */
export function escapeWord(text: string): string {
  return text.replace(/[\s\\'"#]/g, "\\$&");
}
