/** What is refused before anything runs, with its line and column; what is stopped while it runs. */

import { describe, expect, test } from "vitest";
import { FormatError, StateError } from "../../src/errors.ts";
import { compileRego } from "../../src/rego/index.ts";
import { ask } from "./ask.ts";

/** Where and why a module is refused: its code, line and column. */
function refusal(text: string): string {
  try {
    compileRego([{ name: "p.rego", text }]);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.message.startsWith(`p.rego:${error.at.line}:${error.at.column}: `)).toBe(true);
    return `${error.code} ${error.at.line}:${error.at.column}`;
  }
  throw new Error("it is taken");
}

describe("a module that is refused", () => {
  test.each<[what: string, text: string, refused: string]>([
    ["nothing", "", "bad-syntax 1:1"],
    ["no package", "x := 1", "bad-syntax 1:1"],
    ["a text without an end", 'package p\nx := "a', "bad-syntax 2:6"],
    ["an escape that is none", 'package p\nx := "\\q"', "bad-syntax 2:6"],
    ["a character that begins nothing", "package p\nx := @", "bad-syntax 2:6"],
    ["a byte order mark", "\ufeffpackage p", "bad-syntax 1:1"],
    ["a number that is none", "package p\nx := 01", "bad-syntax 2:6"],
    ["a number that is not exact", "package p\nx := 9007199254740993", "unsupported 2:6"],
    ["a bracket that is not closed", "package p\nx := [1, 2", "bad-syntax 2:11"],
    ["two lines in one", "package p\nx { a := 1 b := 2 }", "bad-syntax 2:12"],
    ["a body of nothing", "package p\nx { }", "bad-syntax 2:5"],
    ["a word of the language's own", "package p\nx := import", "bad-syntax 2:6"],
    ["a set after if", "package p\nx if {1, 2} == {2, 1}", "bad-syntax 2:11"],
    ["with", "package p\nx { input.a with input as 1 }", "unsupported 2:13"],
    ["a default of a function", "package p\ndefault f(a) := 1", "unsupported 2:1"],
    ["a rule with dots", "package p\na.b := 1", "unsupported 2:1"],
    ["a rule with two keys", "package p\na[1][2] := 1", "unsupported 2:1"],
    ["a function that is not known", 'package p\nx := http.send({"url": "a"})', "unsupported 2:6"],
    ["too few arguments", "package p\nx := count()", "bad-rule 2:6"],
    ["too many arguments of a function", "package p\nf(a) := a\nx := f(1, 2)", "bad-rule 3:6"],
    ["a name that means nothing", "package p\nx := y", "bad-rule 2:1"],
    ["a variable that nothing binds", "package p\nx { y > 1 }", "bad-rule 2:5"],
    ["a variable that only `not` names", "package p\nx { not input.a[i] }", "bad-rule 2:5"],
    ["any member of what `not` names", "package p\nx { not input.a[_] }", "bad-rule 2:9"],
    ["variables that wait for each other", "package p\nx { a := b + 1; b := a + 1 }", "bad-rule 2:7"],
    ["a head that nothing binds", "package p\nx := y { z := 1 }", "bad-rule 2:1"],
    ["a name declared twice", "package p\nx { a := 1; a := 2 }", "bad-syntax 2:13"],
    ["a rule and a function of one name", "package p\nx := 1\nx(a) := 2", "bad-rule 3:1"],
    ["a set and a value of one name", "package p\nx := 1\nx[a] { a := 1 }", "bad-rule 3:1"],
    ["functions of different arity", "package p\nf(a) := 1\nf(a, b) := 2", "bad-rule 3:1"],
    ["two defaults", "package p\ndefault x := 1\ndefault x := 2", "bad-rule 3:1"],
    ["a rule that asks for itself", "package p\nx := y\ny := x", "bad-rule 2:1"],
    ["a function that calls itself", "package p\nf(a) := f(a - 1)", "bad-rule 2:1"],
    ["a rule that may ask for itself", "package p\nx := data[input.n].x", "bad-rule 2:1"],
    ["an import of nothing", "package p\nimport foo.bar", "bad-syntax 2:1"],
    ["an import of a word that is none", "package p\nimport future.keywords.each", "bad-syntax 2:1"],
    ["an import of another version", "package p\nimport rego.v2", "bad-syntax 2:1"],
    ["a default that names something", "package p\ny := 1\ndefault x := [y]", "bad-syntax 3:14"],
    ["a default that calls something", "package p\ndefault x := 1 + 2", "bad-syntax 2:16"],
    ["a rule by a word of the language's own", "package p\nnull := 1", "bad-syntax 2:1"],
    ["a comma without `in`", "package p\nx { 1, 2 }", "bad-syntax 2:10"],
    ["a value of what prints", 'package p\nx := print("a")', "unsupported 2:6"],
    ["two imports of one name", "package p\nimport data.a.c\nimport data.b.c", "bad-rule 3:1"],
    ["too many levels", `package p\nx := ${"[".repeat(300)}1${"]".repeat(300)}`, "unsupported 2:106"],
    ["else after a set", "package p\nx[1] { true } else { true }", "bad-syntax 2:15"],
  ])("%s", (_what, text, refused) => {
    expect(refusal(text)).toBe(refused);
  });

  test("a package of a rule's name", () => {
    const modules = [
      { name: "a.rego", text: "package a\nb := 1" },
      { name: "b.rego", text: "package a.b\nx := 1" },
    ];
    expect(() => compileRego(modules)).toThrow(FormatError);
  });
});

describe("a policy that is stopped", () => {
  test.each([
    ["by its steps", "x { a := numbers.range(1, 5000)[_]; b := numbers.range(1, 5000)[_]; a + b == 0 }"],
    ["by what it makes", "x := count(numbers.range(1, 100000000))"],
    ["by a text that grows", `x := count(a)\na := sprintf("%999999s%999999s", ["", ""])`],
  ])("%s", (_how, rules) => {
    expect(() => ask(rules, { limits: { steps: 1_000_000, units: 1_000_000 } })).toThrow(StateError);
  });

  test("again where it would go on from what was kept", () => {
    const rules = Array.from({ length: 30 }, (_, i) => `r${i} := count(numbers.range(1, 300000 + ${i}))`);
    const text = `package p\n${rules.join("\n")}\nx := [${rules.map((_, i) => `r${i}`).join(", ")}]`;
    const program = compileRego([{ name: "p.rego", text }]);
    const limits = { units: 3_000_000 };
    for (let i = 0; i < 9; i++) {
      expect(() => program.evaluate(["p", "x"], { limits })).toThrow(StateError);
    }
  });

  test("by its depth", () => {
    const rules = Array.from({ length: 400 }, (_, i) => `r${i} := r${i + 1}`).join("\n");
    expect(() => ask(`${rules}\nr400 := 1\nx := r0`)).toThrow(/within each other/);
  });

  test("two values of one rule contradict each other", () => {
    expect(() => ask("x := 1 { true }\nx := 2 { true }")).toThrow(/two values/);
    expect(() => ask("x := a { a := [1, 2][_] }")).toThrow(/two values/);
    expect(() => ask('x["a"] := i { i := [1, 2][_] }')).toThrow(/two values/);
    expect(() => ask('x := {"a": i | i := [1, 2][_]}')).toThrow(/two values/);
    expect(() => ask("f(a) := 1 { true }\nf(a) := 2 { true }\nx := f(0)")).toThrow(FormatError);
  });
});
