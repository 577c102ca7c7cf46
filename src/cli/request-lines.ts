/** Lines of a file of requests, as bytes: whose they are, the agent reads; where they end is all that is known here. */

/** A line that holds something. */
export interface RequestLine {
  /** Counted from 1, empty lines too. */
  readonly number: number;
  /** Without its newline; of one that is too long only so much that it is refused for it. */
  readonly bytes: Uint8Array;
}

const newline = 0x0a;
const byteOrderMark: readonly number[] = [0xef, 0xbb, 0xbf];
/** Tab, carriage return, space: what JSON lets stand around it. */
const blanks: readonly number[] = [0x09, 0x0d, 0x20];

/**
 * Takes lines apart at newlines alone: what else ends a line for some readers may stand within a text of JSON. A byte
 * order mark is left out where the file begins with it; lines of blanks are.
 *
 * @param input whoever wrote it: may hold anything, and never end.
 * @param maxBytes of a line; not more than one line of that size is ever held.
 */
export async function* requestLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<RequestLine, void, undefined> {
  const line = new GrowingLine(maxBytes + 1);
  let number = 1;
  for await (const chunk of input) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      line.add(chunk.subarray(start, end));
      const bytes = line.take(number === 1);
      if (bytes !== undefined) yield { number, bytes };
      number += 1;
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  const bytes = line.take(number === 1);
  if (bytes !== undefined) yield { number, bytes };
}

/** A line as it comes in pieces. */
class GrowingLine {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What is too much is not kept. */
  add(piece: Uint8Array): void {
    const kept = piece.slice(0, this.#maxBytes - this.#sizeBytes);
    if (kept.length === 0) return;
    this.#pieces.push(kept);
    this.#sizeBytes += kept.length;
  }

  /** All of it, to begin another; undefined where there is nothing in it. */
  take(isFirst: boolean): Uint8Array | undefined {
    const bytes = new Uint8Array(this.#sizeBytes);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#sizeBytes = 0;
    const isMarked = isFirst && byteOrderMark.every((byte, i) => bytes[i] === byte);
    const text = isMarked ? bytes.subarray(byteOrderMark.length) : bytes;
    return text.every((byte) => blanks.includes(byte)) ? undefined : text;
  }
}
