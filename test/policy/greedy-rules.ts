/** Rules that take too much of everything that can be taken too much of. */

/** What it is, rules, and a term that asks for what they make. */
export type GreedyRules = readonly [what: string, rules: string, term: string];

/** Rules `big0` to `big60`, each of twice what the one before is. */
function doubled(first: string, twice: (before: string) => string): string {
  const rules = Array.from({ length: 60 }, (_, i) => `big${i + 1} := ${twice(`big${i}`)}`);
  return [`big0 := ${first}`, ...rules].join("\n");
}

const many = "numbers.range(1, 4000)";
const arrays = doubled("[1, 2]", (big) => `[${big}, ${big}]`);
const objects = doubled('{"a": 1}', (big) => `{"a": ${big}, "b": ${big}}`);

/** See the head of this file. */
export const greedyRules: readonly GreedyRules[] = [
  ["a text", doubled('"ab"', (big) => `concat("", [${big}, ${big}])`), "count(big60)"],
  ["a text that is formatted", doubled('"ab"', (big) => `sprintf("%s%s", [${big}, ${big}])`), "count(big60)"],
  ["a text that is replaced", doubled('"aa"', (big) => `replace(${big}, "a", "aa")`), "count(big60)"],
  [
    "a text that many patterns replace",
    doubled('"aa"', (big) => `strings.replace_n({"a": "aa"}, ${big})`),
    "count(big60)",
  ],
  ["a text by expressions", doubled('"aa"', (big) => `regex.replace(${big}, "a", "$0$0")`), "count(big60)"],
  ["padded texts", `big := [sprintf("%999999d", [i]) | some i in ${many}]`, "count(big)"],
  ["an array", doubled("[1, 2]", (big) => `array.concat(${big}, ${big})`), "count(big60)"],
  ["a range", "big := numbers.range(1, 9007199254740991)", "count(big)"],
  ["a set", `big := {[a, b] | a := ${many}[_]; b := ${many}[_]}`, "count(big)"],
  ["a partial set", `big contains [a, b] if { a := ${many}[_]; b := ${many}[_] }`, "count(big)"],
  ["a partial object", `big[[a, b]] := 1 if { a := ${many}[_]; b := ${many}[_] }`, "count(big)"],
  ["steps alone", `big if { a := ${many}[_]; b := ${many}[_]; a + b < 0 }`, "big"],
  ["an array of arrays as JSON", arrays, "count(json.marshal(big60))"],
  ["an array of arrays in a set", arrays, "count({big60, 1})"],
  ["an array of arrays as a key", arrays, "{big60: 1}"],
  [
    "arrays of arrays that are compared",
    `${arrays}\n${arrays.replaceAll("big", "other")}`,
    "big60 == other60",
  ],
  ["an array of arrays as a text", arrays, 'sprintf("%v", [big60])'],
  ["an array of arrays that is handed out", arrays, "big60"],
  ["an object of objects", objects, "count(json.marshal(big60))"],
  ["objects of objects merged", objects, "object.union(big60, big60)"],
  ["a set of sets", doubled("{1, 2}", (big) => `{${big}, [${big}]}`), "big60"],
  [
    "an expression",
    `big := concat("", [s | some i in ${many}; s := "(a|b)*abcdefghijklm"])`,
    `[regex.match(concat("", [big, big, sprintf("%d", [i])]), big) | some i in ${many}]`,
  ],
];
