/** A request's text: bounded, of one meaning, and made at once. */
import { expect, test } from "vitest";
import { parseText, requestText } from "../../src/agent/request-text.ts";
import { FormatError, UsageError } from "../../src/errors.ts";

test("an object, a text and bytes become the same text", () => {
  const text = '{"a":1}';
  expect([{ a: 1 }, text, new TextEncoder().encode(text)].map((each) => requestText(each, 100))).toEqual([
    text,
    text,
    text,
  ]);
});

test("a byte order mark is none of JSON's, as text or as bytes", () => {
  const text = "\ufeff{}";
  for (const request of [text, new TextEncoder().encode(text)]) {
    expect(() => parseText(requestText(request, 100), "it")).toThrow(FormatError);
  }
});

const circle: { self?: unknown } = {};
circle.self = circle;

test.each([
  ["a circle", circle],
  ["a big number", { n: 1n }],
  [
    "a getter that throws",
    Object.defineProperty({}, "a", { enumerable: true, get: () => expect.unreachable() }),
  ],
  ["bytes that are no UTF-8", Uint8Array.of(0xff)],
  ["too much", "x".repeat(101)],
  ["too much in UTF-8", "\u20ac".repeat(40)],
])("%s is refused", (_, request) => {
  expect(() => requestText(request, 100)).toThrow(FormatError);
});

test.each([null, undefined, 1, true, () => 1])("%s is no request at all", (request) => {
  expect(() => requestText(request, 100)).toThrow(UsageError);
});

test.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["a NUL", '"a\\u0000"'],
  ["half a surrogate pair", '"\\ud800"'],
  ["a name with a NUL", '{"\\u0000":1}'],
  ["a name twice", '{"a":1, "b":{"a":2}, "a":3}'],
  ["a name twice, written in two ways", '{"a":1,"\\u0061" :2}'],
  ["a name twice, deep inside", '[{"x":[{"b":"\\\\\\"","b"\n:2}]}]'],
  ["a fraction", '{"a":[1,0.0]}'],
  ["a fraction that is whole", '{"a":10.0}'],
  ["an exponent", '{"a":0e0}'],
  ["an exponent in capitals", "12E2"],
  ["no number below none", '{"a":-0}'],
  ["too many levels", `${"[".repeat(40)}${"]".repeat(40)}`],
  ["far too many levels", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
])("%s is refused", (_, text) => {
  expect(() => parseText(text, "it")).toThrow(FormatError);
});

test.each([
  ['{"a":{"a":1},"b":{"a":2},"c":["a","a",{"a":1}],"d":"a\\":"}', 4],
  ['{"__proto__":1,"constructor":2}', 2],
  ['{"a:":"\\"a\\":1","a":" \\\\"}', 2],
  ['{"a":0,"b":-1,"c":[10,907],"d":"1.5","e1":9007199254740991}', 5],
])("%s is taken", (text, names) => {
  const value = parseText(text, "it");
  expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(text)));
  expect(Object.keys(Object(value))).toHaveLength(names);
});

test("long texts and long lists take their time, not more", () => {
  const long = JSON.stringify({ a: "\\".repeat(500_000), b: Array.from({ length: 200_000 }, () => "x") });
  expect(parseText(long, "it")).toEqual(JSON.parse(long));
});
