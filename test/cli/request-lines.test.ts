/** Lines of requests: where they end, how they are counted, and how much of them is held. */
import { expect, test } from "vitest";
import { requestLines } from "../../src/cli/request-lines.ts";

const encoder = new TextEncoder();

async function* pieces(text: string | Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

async function linesOf(input: AsyncIterable<Uint8Array>, maxBytes = 100): Promise<[number, string][]> {
  const lines: [number, string][] = [];
  for await (const { number, bytes } of requestLines(input, maxBytes)) {
    lines.push([number, new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)]);
  }
  return lines;
}

test.each<[string, string, [number, string][]]>([
  ["nothing", "", []],
  ["one line", "a", [[1, "a"]]],
  ["a newline at the end", "a\n", [[1, "a"]]],
  [
    "empty lines and blanks",
    "\n \t\r\na\n\n  \nb",
    [
      [3, "a"],
      [6, "b"],
    ],
  ],
  [
    "carriage returns",
    "a\r\nb\r\n",
    [
      [1, "a\r"],
      [2, "b\r"],
    ],
  ],
  [
    "a carriage return alone",
    "a\rb\nc",
    [
      [1, "a\rb"],
      [2, "c"],
    ],
  ],
  [
    "separators of Unicode",
    "a\u2028b\u2029c\u0085d\ne",
    [
      [1, "a\u2028b\u2029c\u0085d"],
      [2, "e"],
    ],
  ],
  [
    "a byte order mark first",
    "\ufeffa\nb",
    [
      [1, "a"],
      [2, "b"],
    ],
  ],
  ["a byte order mark alone", "\ufeff\nb", [[2, "b"]]],
  [
    "a byte order mark later",
    "a\n\ufeffb",
    [
      [1, "a"],
      [2, "\ufeffb"],
    ],
  ],
])("%s", async (_, text, expected) => {
  for (const sizeBytes of [1, 2, 3, 1000]) expect(await linesOf(pieces(text, sizeBytes))).toEqual(expected);
});

test("what is no UTF-8 stays as it is", async () => {
  const lines = requestLines(pieces(Uint8Array.of(0xff, 0x0a), 9), 100);
  expect((await lines.next()).value).toEqual({ number: 1, bytes: Uint8Array.of(0xff) });
});

test.each([1, 7, 64])(
  "of a line that is too long one byte too many is kept, in pieces of %i",
  async (sizeBytes) => {
    const text = `${"a".repeat(20)}\n${"b".repeat(21)}\n${"c".repeat(5000)}\nd\n`;
    const expected = [
      [1, "a".repeat(20)],
      [2, "b".repeat(21)],
      [3, "c".repeat(21)],
      [4, "d"],
    ];
    expect(await linesOf(pieces(text, sizeBytes), 20)).toEqual(expected);
  },
);

test("a line without end is not waited for by what came before it", async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield encoder.encode("a\n");
    for (;;) yield encoder.encode("b".repeat(1000));
  }
  const lines = requestLines(endless(), 100);
  expect((await lines.next()).value).toMatchObject({ number: 1 });
  await lines.return(undefined);
});
