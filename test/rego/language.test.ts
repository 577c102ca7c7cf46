/** The language, feature by feature, with results known from its reference. */

import { describe, expect, test } from "vitest";
import { compileRego, type JsonValue } from "../../src/rego/index.ts";
import { ask } from "./ask.ts";

const input = {
  servers: [
    { id: "app", ports: ["p1", "p2"], up: true },
    { id: "db", ports: ["p3"], up: false },
    { id: "cache", ports: [], up: true },
  ],
  user: "eve",
  number: 4,
  none: null,
};

type Case = readonly [what: string, rules: string, value: JsonValue | undefined];

const cases: readonly Case[] = [
  ["a constant", "x := 7", 7],
  ["a constant by =", 'x = "a"', "a"],
  ["true where no value is written", "x { 1 == 1 }", true],
  ["nothing where the body fails", "x { 1 == 2 }", undefined],
  ["a default where the body fails", "default x := false\nx { 1 == 2 }", false],
  ["a default that is not needed", "default x := false\nx { 1 == 1 }", true],
  ["a value with a body", "x := y { y := 1 + 2 }", 3],
  ["`if` with a body", "x := y if { y := 4 }", 4],
  ["`if` with one line", "x := 5 if input.number == 4", 5],
  ["several bodies, of which one holds", "x := 1 { input.number == 5 }\nx := 2 { input.number == 4 }", 2],
  ["several bodies of one head", "x { 1 == 2 } { 2 == 2 }", true],
  ["equal values of several rules", 'x := 1 { true }\nx := 1 { input.user == "eve" }', 1],
  ["else", 'x := "a" { 1 == 2 } else := "b" { 1 == 1 } else := "c"', "b"],
  ["else without a body", 'x := "a" { 1 == 2 } else = "b" { 1 == 3 } else = "c"', "c"],
  ["else with if", 'x := "a" if { 1 == 2 } else := "b" if 1 == 1', "b"],
  ["a member by a name", "x := input.servers[0].id", "app"],
  ["a member by a text", 'x := input["servers"][1]["id"]', "db"],
  ["a member that is not there", "x := input.nothing", undefined],
  ["a member of what has none", "x := input.user.name", undefined],
  ["null is a value", "x := input.none", null],
  ["every member in turn", "x := { s.id | s := input.servers[_] }", ["app", "cache", "db"]],
  ["keys in turn", "x := [i | input.servers[i].up]", [0, 2]],
  [
    "two variables in brackets",
    "x := { [i, j] | input.servers[i].ports[j] }",
    [
      [0, 0],
      [0, 1],
      [1, 0],
    ],
  ],
  ["lines in any order", "x := y { z == 3; y := z + 1; z := 3 }", 4],
  ["lines on lines of their own", "x := y {\n  y := z + 1\n  z := 3\n}", 4],
  ["a variable bound by a reference after its use", 'x { i == 1; input.servers[i].id == "db" }', true],
  ["unification of arrays", "x := [a, b] { [a, 2] = [1, b] }", [1, 2]],
  ["unification of objects", 'x := a { {"k": a, "l": 2} = {"l": 2, "k": 1} }', 1],
  ["unification that fails", "x := a { [a, 2] = [1, 3] }", undefined],
  ["unification of different lengths", "x := a { [a] = [1, 2] }", undefined],
  ["a pattern of a declaration", "x := a + b { [a, b] := [1, 2] }", 3],
  ["a shadowing declaration", "y := 1\nx := y { y := 2 }", 2],
  ["a rule by its name", "y := 1\nx := y + 1", 2],
  ["a rule by its path", "y := 1\nx := data.p.y + 1", 2],
  ["some", 'x := i { some i; input.servers[i].id == "cache" }', 2],
  ["some shadows a rule", 'i := 9\nx := i { some i; input.servers[i].id == "db" }', 1],
  ["some in", "x := { s.id | some s in input.servers; s.up }", ["app", "cache"]],
  ["some key and value in", "x := { i | some i, s in input.servers; not s.up }", [1]],
  [
    "some in an object",
    'x := { [k, v] | some k, v in {"a": 1, "b": 2} }',
    [
      ["a", 1],
      ["b", 2],
    ],
  ],
  ["some with a pattern", "x := { b | some [1, b] in [[1, 2], [3, 4], [1, 5]] }", [2, 5]],
  ["in", 'x { "b" in ["a", "b"] }', true],
  ["in that fails", 'x := "c" in {"a", "b"}', false],
  ["in of an object looks at values", 'x := [1 in {"a": 1}, "a" in {"a": 1}]', [true, false]],
  ["a key and its value in", 'x { "a", 1 in {"a": 1}; 1, "b" in ["a", "b"]; not "a", 2 in {"a": 1} }', true],
  [
    "a key and its value in, in parentheses",
    'x := [("a", 1 in {"a": 1}), (0, "b" in ["a", "b"])]',
    [true, false],
  ],
  ["what prints is left out", 'x { print("here", nobody); input.number == 4; print(input.nothing) }', true],
  ["print alone", 'x { print("here") }', true],
  ["a default that is a comprehension", "default x := [i | some i in [1, 2]]\nx { 1 == 2 }", [1, 2]],
  ["every", "x { every s in input.servers { count(s.ports) < 3 } }", true],
  ["every that fails", "x { every s in input.servers { s.up } }", undefined],
  ["every with a key", "x { every i, s in input.servers { i < 3; s.id } }", true],
  ["every of nothing", "x { every s in [] { s == 1 } }", true],
  ["every of what is no collection", "x { every s in 5 { s == 1 } }", undefined],
  [
    "every with lines of its own",
    "x { n := 3; every s in input.servers { m := count(s.ports); m < n } }",
    true,
  ],
  ["not", "x { not input.servers[0].down }", true],
  ["not that fails", "x { not input.servers[0].up }", undefined],
  ["not of false", "x { not input.servers[1].up }", true],
  ["not of a bound variable", "x := s.id { s := input.servers[_]; not s.up }", "db"],
  ["false does not hold", "x { input.servers[1].up }", undefined],
  ["0 and null hold", 'x { 0; null; ""; [] }', true],
  ["a partial set", "x[s.id] { s := input.servers[_]; s.up }", ["app", "cache"]],
  ["a partial set by contains", "x contains s.id if { some s in input.servers; s.up }", ["app", "cache"]],
  ["a partial set of nothing", "x[1] { 1 == 2 }", []],
  ["a member of a partial set", 'y[s.id] { s := input.servers[_] }\nx { y["db"] }', true],
  ["members of a partial set", "y[i] { input.servers[i].up }\nx := [i | y[i]]", [0, 2]],
  ["a partial object", "x[s.id] := i { s := input.servers[i] }", { app: 0, db: 1, cache: 2 }],
  [
    "a partial object without a value",
    "x[s.id] if { some s in input.servers; s.up }",
    { app: true, cache: true },
  ],
  [
    "an object comprehension",
    "x := {s.id: count(s.ports) | s := input.servers[_]}",
    { app: 2, db: 1, cache: 0 },
  ],
  ["a set comprehension", "x := {n | n := [1, 2, 1][_]}", [1, 2]],
  ["an array comprehension keeps order", "x := [s.id | s := input.servers[_]]", ["app", "db", "cache"]],
  [
    "a comprehension in a comprehension",
    "x := [[p | p := s.ports[_]] | s := input.servers[_]]",
    [["p1", "p2"], ["p3"], []],
  ],
  ["a comprehension that reads what is around it", "x := [m | m := [1, 2, 3][_]; m < n] { n := 3 }", [1, 2]],
  ["a function", "f(a) := a + 1\nx := f(f(1))", 3],
  ["a function with a body", "f(a) := b { b := a * 2 }\nx := f(4)", 8],
  ["a function by cases", 'f(1) := "one"\nf(2) := "two"\nx := [f(2), f(1)]', ["two", "one"]],
  ["a function that has no value", "f(a) := 1 { a > 5 }\nx := f(1)", undefined],
  ["a function with a pattern", "f([a, b]) := a + b\nx := f([1, 2])", 3],
  ["a function of true", "f(a) { a > 5 }\nx := f(6)", true],
  ["a function with else", 'f(a) := "big" { a > 5 } else := "small"\nx := [f(6), f(1)]', ["big", "small"]],
  [
    "a function of two rules",
    'f(a) := "big" { a > 5 }\nf(a) := "small" { a <= 5 }\nx := [f(6), f(1)]',
    ["big", "small"],
  ],
  ["arithmetic by its strength", "x := 1 + 2 * 3 - 4 / 2", 5],
  ["parentheses", "x := (1 + 2) * 3", 9],
  ["remainder", "x := 7 % 4", 3],
  ["division by nothing", "x := 1 / 0", undefined],
  ["a negative number", "x := [-1, 2 - 1, 2 -1]", [-1, 1, 1]],
  ["union and intersection", "x := ({1, 2} | {3}) & {2, 3, 4}", [2, 3]],
  ["difference of sets", "x := {1, 2, 3} - {2}", [1, 3]],
  [
    "comparison of kinds",
    'x := [null < false, false < true, true < 0, 0 < "", "" < [], [] < {}, {} < set()]',
    Array(7).fill(true),
  ],
  ["comparison of arrays", "x := [[1, 2] < [1, 3], [1] < [1, 0], [2] < [1, 9]]", [true, true, false]],
  ["the empty set and object", "x := [set(), {}, count(set())]", [[], {}, 0]],
  ["a set holds a member once", "x := count({1, 1.0, 2})", 2],
  ["an object with keys that are no texts", "x := {1: 2}[1]", 2],
  ["texts with escapes", 'x := "a\\n\\u00e4\\""', 'a\nä"'],
  ["texts in backquotes", 'x := `a\\n"`', 'a\\n"'],
  ["a comment", "# one\nx := 1 # two", 1],
  ["input itself", "x := count(input)", 4],
  ["wildcards are all different", 'x { input.servers[_].id == "db"; input.servers[_].id == "app" }', true],
  ["a member of a call's result", 'x := split("a/b", "/")[1]', "b"],
  ["a member of a literal", "x := [1, 2, 3][1]", 2],
  ["a body on one line with a semicolon", "x { a := 1; b := 2; a < b }", true],
  ["a rule of many lines with trailing commas", "x := [\n  1,\n  2,\n]", [1, 2]],
  ["an object over lines", 'x := {\n  "a": 1,\n  "b": 2,\n}', { a: 1, b: 2 }],
  ["a set pattern in brackets", "y := {[1, 2], [3, 4]}\nx := b { y[[3, b]] }", 4],
];

describe("the language", () => {
  test.each(cases)("%s", (_what, rules, value) => {
    expect(ask(rules, { input })).toEqual(value);
  });
});

describe("packages and data", () => {
  test("rules of other packages, by path and by import", () => {
    const program = compileRego([
      { name: "a.rego", text: "package a.b\n\ny := 1\nf(n) := n + y" },
      {
        name: "p.rego",
        text: "package p\nimport data.a.b\nimport data.a.b as c\nx := [b.y, data.a.b.f(1), c.f(2)]",
      },
    ]);
    expect(program.evaluate(["p", "x"])).toEqual([1, 2, 3]);
  });

  test("imports of input, and of words of the language", () => {
    const text = "package p\nimport rego.v1\nimport future.keywords.in\nimport input.user as who\nx := who";
    expect(compileRego([{ name: "p.rego", text }]).evaluate(["p", "x"], { input })).toBe("eve");
  });

  test("a package is the object of its rules, functions left out", () => {
    const program = compileRego([
      { name: "a.rego", text: "package a\ny := 1\nz := 2 { 1 == 2 }\nf(n) := n" },
      { name: "b.rego", text: "package a.b\nx := 3" },
    ]);
    expect(program.evaluate(["a"])).toEqual({ y: 1, b: { x: 3 } });
    expect(program.evaluate([])).toEqual({ a: { y: 1, b: { x: 3 } } });
  });

  test("data is given beside the rules, which go before it", () => {
    const data = { limits: { most: 3 }, p: { y: "given", z: "given" } };
    expect(ask('y := "ruled"\nx := [data.limits.most, data.p.y, data.p.z]', { data })).toEqual([
      3,
      "ruled",
      "given",
    ]);
  });

  test("a document is found by a name that is known only then", () => {
    const program = compileRego([
      { name: "a.rego", text: 'package one\ncontainers := ["a"]' },
      { name: "b.rego", text: 'package two\ncontainers := ["b"]' },
      { name: "p.rego", text: "package p\nx := data[input.namespace].containers" },
    ]);
    expect(program.evaluate(["p", "x"], { input: { namespace: "two" } })).toEqual(["b"]);
    expect(program.evaluate(["p", "x"], { input: { namespace: "three" } })).toBeUndefined();
  });

  test("names that JavaScript knows are names like others", () => {
    const given = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}');
    const rules = 'x := [input["__proto__"].a, input.constructor, object.get(input, "toString", "none")]';
    expect(ask(rules, { input: given })).toEqual([1, 2, "none"]);
    expect(
      ask('__proto__ := 5\nx := [data.p["__proto__"], count(data.p.x2)]\nx2 := {"__proto__": 1}'),
    ).toEqual([5, 1]);
  });

  test("what is kept of constant rules shows in no query", () => {
    const text = [
      "package p",
      'import future.keywords.in\nlisted := ["a", "b"]',
      "kept contains each if { some each in listed; not each in data.taken }",
      "all contains each if { some each in listed }",
      "again := all | {input.more}",
      "contradicting := n { n := [1, 2][_] }",
      "x := [count(all), count(kept), again]",
      "y := contradicting { input.asked }",
    ].join("\n");
    const program = compileRego([{ name: "p.rego", text }]);
    const ask = (more: string, taken: JsonValue): JsonValue | undefined =>
      program.evaluate(["p", "x"], { input: { more }, data: { taken } });
    expect(ask("c", ["a"])).toEqual([2, 1, ["a", "b", "c"]]);
    expect(ask("d", [])).toEqual([2, 2, ["a", "b", "d"]]);
    expect(program.evaluate(["p", "y"], { input: {} })).toBeUndefined();
    for (let i = 0; i < 2; i++) {
      expect(() => program.evaluate(["p", "y"], { input: { asked: true } })).toThrow(/two values/);
    }
  });

  test("each query stands for itself", () => {
    const program = compileRego([{ name: "p.rego", text: "package p\nx := input.a" }]);
    expect(program.evaluate(["p", "x"], { input: { a: 1 } })).toBe(1);
    expect(program.evaluate(["p", "x"], { input: { a: 2 } })).toBe(2);
    expect(program.evaluate(["p", "x"])).toBeUndefined();
    expect(program.defines(["p", "x"])).toBe(true);
    expect(program.defines(["p", "y"])).toBe(false);
  });
});
