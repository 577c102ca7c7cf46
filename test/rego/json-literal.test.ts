/** Lists and objects that are JSON are read by JSON's parser: they mean what Rego's own reading of them means. */
import { describe, expect, test } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { jsonLiteralAt } from "../../src/rego/json-literal.ts";
import { ask } from "./ask.ts";

/** A comma at the end is Rego's alone: with it nothing is read as JSON. */
function asRego(json: string): string {
  return `${json.slice(0, -1)}${/^[[{]\s*[\]}]$/.test(json) ? "" : ","}${json.slice(-1)}`;
}

describe("JSON means the same read as JSON and as Rego", () => {
  test.each([
    "[]",
    "{}",
    '[1, -2, 0.5, 1e3, 1E-2, "a", true, false, null, [[]], {}]',
    '{"a": {"b": [{"c": "}"}]}, "": "]"}',
    '["\\"", "\\\\", "\\\\\\"]", "\\u00e4\\ud83d\\ude00", "\u007f"]',
    '{\n  "x": [\r\n\t1\n  ]\n}',
    '{"__proto__": {"a": 1}, "constructor": 2}',
    '{"a": 1, "a": 2}',
  ])("%s", (json) => {
    const value = ask(`x := ${json}`);
    expect(value).toBeDefined();
    expect(JSON.stringify(value)).toBe(JSON.stringify(ask(`x := ${asRego(json)}`)));
  });
});

test.each([
  ["a number that is not exact", "[9007199254740993]"],
  ["a number that is none", "[1e999]"],
  ["the other zero", "[-0]"],
  ["a name", "[x]"],
  ["a comprehension", "[x | x := 1]"],
  ["a set", '{"a", "b"}'],
  ["a comment", "[1, # one\n2]"],
  ["a key twice", '{"a": 1, "a": 2}'],
  ["no end", '[{"a": "b"'],
  ["a text without an end", '["\\"]'],
  ["brackets that do not fit", "[1}"],
  ["many levels", `${"[".repeat(200)}${"]".repeat(200)}`],
])("%s is not read as JSON", (_what, text) => {
  expect(jsonLiteralAt(text, 0)).toBeUndefined();
});

test("what follows JSON stands where it stands", () => {
  const rules = 'x := {\n  "a": [1,\n2]}\ny := ]';
  expect(() => ask(rules)).toThrow(FormatError);
  expect(() => ask(rules)).toThrow(/^p\.rego:6:6: /);
  expect(ask('x := [1, [2, 3]][1][0] + 1 { {"a": [_, y]} = {"a": [1, 2]}; y == 2 }')).toBe(3);
});

test("texts with many brackets are searched once", () => {
  const text = "x := [\n".repeat(20_000);
  expect(() => ask(text)).toThrow(FormatError);
});
