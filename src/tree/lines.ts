/** The lines of a text that comes in pieces. */
import { FileError } from "../errors.ts";

/** Where Node's `readline` ends a line. */
const lineEnd = /\r?\n|\r/u;

/** A line is looked at anew with each piece, and a string's own limit is an error of no file's. */
const lineLimit = 2 ** 24;

/**
 * Lines without their ends; what stands behind the last end is one, where there is anything.
 *
 * @param pieces UTF-8, cut anywhere; what is not shows U+FFFD.
 * @throws {FileError} `EFBIG` for a line of more than 2^24 characters.
 */
export async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const piece of pieces) {
    const text = rest + decoder.decode(piece, { stream: true });
    // What follows may be the other half of a line's end.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(lineEnd);
    rest = (lines.pop() as string) + text.slice(end);
    yield* lines;
    if (rest.length > lineLimit) throw new FileError("EFBIG", "read");
  }
  const lines = (rest + decoder.decode()).split(lineEnd);
  if (lines.at(-1) === "") lines.pop();
  yield* lines;
}
