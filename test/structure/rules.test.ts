/** A rule that cannot fail is worth nothing: each is shown a bad example, and a good one beside it. */
import { describe, expect, test } from "vitest";
import { checkAssertions } from "./rules/assertions.ts";
import { checkDocumentation } from "./rules/documentation.ts";
import { checkCycles, checkLevels } from "./rules/levels.ts";
import { checkMarks, checkName } from "./rules/names.ts";
import { checkPortability, checkReach } from "./rules/portability.ts";
import { checkSizes } from "./rules/size.ts";
import { checkModuleState } from "./rules/state.ts";
import { parseSource } from "./source-file.ts";

describe("levels", () => {
  test.each([
    ["src/device/a.ts", `import { x } from "../verity/x.ts";`, "device (level 1) imports verity (level 2)"],
    ["src/device/a.ts", `import { x } from "../crypto/x.ts";`, "device (level 1) imports crypto (level 1)"],
    [
      "src/device/a.ts",
      `import type { X } from "../verity/x.ts";`,
      "device (level 1) imports verity (level 2)",
    ],
    ["src/device/a.ts", `export * from "../verity/x.ts";`, "device (level 1) imports verity (level 2)"],
    ["src/device/a.ts", `await import("../verity/x.ts");`, "device (level 1) imports verity (level 2)"],
    ["src/errors.ts", `import { x } from "./bytes/hex.ts";`, "errors (level 0) imports bytes (level 0)"],
    ["src/verity/a.ts", `import { x } from "../index.ts";`, "imports the package's entry src/index.ts"],
    ["src/verity/a.ts", `import { x } from "../../test/x.ts";`, "imports test/x.ts, which is not in src"],
    ["src/verity/a.ts", `import { x } from "@noble/hashes/sha2.js";`, "which only crypto may"],
    ["src/cupboard/a.ts", "export {};", `"cupboard" has no level`],
  ])("%s: %s", (path, text, message) => {
    const violations = checkLevels(parseSource(path, text));
    expect(violations).toHaveLength(1);
    expect(violations[0]).toContain(message);
  });

  test("downward and within a part are allowed", () => {
    const text = `import "./b.ts"; import "../device/x.ts"; import "../errors.ts"; import "pkijs";`;
    expect(checkLevels(parseSource("src/verity/a.ts", text))).toEqual([]);
    expect(checkLevels(parseSource("src/bytes/a.ts", `import "../errors.ts";`))).toEqual([]);
    expect(checkLevels(parseSource("src/index.ts", `export * from "./verity/index.ts";`))).toEqual([]);
  });

  test("a circle is found; one of types alone is none", () => {
    const a = parseSource("src/bytes/a.ts", `import { b } from "./b.ts";`);
    const b = parseSource("src/bytes/b.ts", `import { a } from "./a.ts";`);
    expect(checkCycles([a, b])).toEqual(["src/bytes/a.ts -> src/bytes/b.ts -> src/bytes/a.ts"]);
    const typed = parseSource("src/bytes/b.ts", `import type { A } from "./a.ts";`);
    expect(checkCycles([a, typed])).toEqual([]);
  });
});

describe("portability", () => {
  test.each([
    [`import { open } from "node:fs/promises";`, "imports node:fs/promises"],
    [`import fs from "fs";`, "imports fs"],
    [`const fs = await import("node:fs");`, "imports node:fs"],
    [`const x = Buffer.from("a");`, "uses Node's Buffer"],
    [`const x = { process };`, "uses Node's process"],
  ])("%s", (text, message) => {
    const violations = checkPortability(parseSource("src/device/a.ts", text));
    expect(violations.join("\n")).toContain(message);
  });

  test("Node's own files may, and a member's name is no global", () => {
    const text = `import "node:fs"; Buffer.from("a");`;
    expect(checkPortability(parseSource("src/device/a.node.ts", text))).toEqual([]);
    expect(checkPortability(parseSource("src/cli/a.ts", text))).toEqual([]);
    const members = "a.process(); const b = { Buffer: 1 }; class C { process() {} }";
    expect(checkPortability(parseSource("src/device/a.ts", members))).toEqual([]);
  });

  test("a file for Node is found behind others", () => {
    const index = parseSource("src/index.ts", `export * from "./device/index.ts";`);
    const part = parseSource("src/device/index.ts", `export * from "./file.node.ts";`);
    const file = parseSource("src/device/file.node.ts", `import "node:fs";`);
    expect(checkReach([index, part, file], "src/index.ts")).toEqual([
      "src/index.ts -> src/device/index.ts -> src/device/file.node.ts",
    ]);
    expect(checkReach([index, parseSource("src/device/index.ts", "export {};")], "src/index.ts")).toEqual([]);
  });
});

describe("size", () => {
  const body = "  f();\n";
  const longFunction = `function long() {\n${body.repeat(69)}}\n`;

  test("a function of 71 lines is too long, one of 70 is not", () => {
    expect(checkSizes([parseSource("src/bytes/a.ts", longFunction)])).toEqual([
      "src/bytes/a.ts:1: long has 71 lines",
    ]);
    const shorter = parseSource("src/bytes/a.ts", longFunction.replace(body, ""));
    expect(checkSizes([shorter])).toEqual([]);
  });

  test.each([
    [`class A {\n  long() {\n${body.repeat(69)}  }\n}\n`, "2: long"],
    [`const long = () => {\n${body.repeat(69)}};\n`, "1: long"],
    [`test("t", () => {\n${body.repeat(69)}});\n`, "1: a function"],
    [`@inline\nfunction long(): void {\n${body.repeat(69)}}\n`, "2: long"],
  ])("methods, arrows, tests and AssemblyScript count too (%#)", (text, message) => {
    const violations = checkSizes([parseSource("assembly/a.ts", text)]);
    expect(violations).toEqual([`assembly/a.ts:${message} has 71 lines`]);
  });

  test("the body of a describe is no function", () => {
    const text = `describe.each([1])("d", () => {\n${body.repeat(80)}});\n`;
    expect(checkSizes([parseSource("test/a.test.ts", text)])).toEqual([]);
  });

  test("a file of 401 lines is too long", () => {
    expect(checkSizes([parseSource("src/bytes/a.ts", "f();\n".repeat(401))])).toEqual([
      "src/bytes/a.ts:1: the file has 401 lines",
    ]);
    expect(checkSizes([parseSource("src/bytes/a.ts", "f();\n".repeat(400))])).toEqual([]);
  });

  test("an exemption frees what it names, and fails where nothing needs it", () => {
    const exemption = { path: "src/bytes/a.ts", name: "long", reason: "straight-line" };
    expect(checkSizes([parseSource("src/bytes/a.ts", longFunction)], [exemption])).toEqual([]);
    expect(checkSizes([parseSource("src/bytes/a.ts", "f();")], [exemption])).toHaveLength(1);
  });
});

describe("documentation", () => {
  test.each([
    "export function f(): void {}",
    "// no doc comment\nexport const a = 1;",
    "/** A gap. */\nconst b = 1;\nexport type T = string;",
    "/* Not a doc comment. */\nexport class C {}",
    "function g() {}\nexport { g };",
    "export class C {\n  /** Of a member, not of the class. */\n  a = 1;\n}",
    "/** One of two. */\nexport interface A {}\nexport interface B {}",
  ])("%s", (text) => {
    expect(checkDocumentation(parseSource("src/bytes/a.ts", text))).toHaveLength(1);
  });

  test("documented exports, overloads and re-exports pass", () => {
    const text = `/** F. */
export function f(a: string): void;
export function f(a: number): void;
export function f(a: unknown): void {}
/** G. */
function g() {}
export { g };
export * from "./b.ts";
export { h } from "./h.ts";`;
    expect(checkDocumentation(parseSource("src/bytes/a.ts", text))).toEqual([]);
  });
});

describe("assertions", () => {
  test.each([
    `test("t", () => { run(); });`,
    `test("t", { timeout: 5 }, async () => { await run(); });`,
    `test.each([1, 2])("t %i", (n) => { run(n); });`,
    `it.skipIf(missing)("t", () => { run(); });`,
    `function body() { run(); }\ntest("t", body);`,
    `test("t", imported);`,
  ])("%s", (text) => {
    expect(checkAssertions(parseSource("test/a.test.ts", text))).toHaveLength(1);
  });

  test("expect, fc.assert and helpers named for asserting count", () => {
    const text = `
test("a", () => { expect(1).toBe(1); });
test.each([1])("b", async (n) => { await expect(n).resolves.toBe(1); });
test("c", () => { fc.assert(property); });
test("d", () => { for (const x of xs) expectRefused(x); });
function body() { expect(1).toBe(1); }
test("e", body);
/test/.test("f");`;
    expect(checkAssertions(parseSource("test/a.test.ts", text))).toEqual([]);
  });
});

describe("module state", () => {
  test.each([
    "let count = 0;",
    "export let last: string | undefined;",
    "const cache = new Map<string, number>();",
    "const buffer = new Uint8Array(16);",
    "const list: string[] = [];",
  ])("%s", (text) => {
    expect(checkModuleState([parseSource("src/bytes/a.ts", text)])).toHaveLength(1);
  });

  test("tables typed as read-only pass, and state inside a function or class", () => {
    const text = `
const table: ReadonlyMap<string, number> = new Map([["a", 1]]);
const names: readonly string[] = ["a"];
const limit = 5;
class A { #count = 0; }
function f() { let n = 0; return n; }`;
    expect(checkModuleState([parseSource("src/bytes/a.ts", text)])).toEqual([]);
  });

  test("an exemption frees what it names, and fails where nothing needs it", () => {
    const exemption = { path: "src/bytes/a.ts", name: "count", reason: "a process-wide sequence" };
    expect(checkModuleState([parseSource("src/bytes/a.ts", "let count = 0;")], [exemption])).toEqual([]);
    expect(checkModuleState([parseSource("src/bytes/a.ts", "f();")], [exemption])).toHaveLength(1);
  });
});

describe("names", () => {
  test.each([
    "src/utils/a.ts",
    "src/bytes/helpers.ts",
    "src/bytes/fileDevice.ts",
    "src/Bytes/a.ts",
    "src/a_b.ts",
  ])("%s", (path) => {
    expect(checkName(path)).toHaveLength(1);
  });

  test("kebab-case with dotted suffixes passes", () => {
    expect(checkName("src/device/file-device.node.ts")).toEqual([]);
  });

  test.each([
    "// TODO: later",
    "test.only('a', () => {});",
    "describe.skip('a', () => {});",
    "// @ts-ignore",
    "/* v8 ignore next */",
  ])("%s", (text) => {
    expect(checkMarks(parseSource("test/a.test.ts", text))).toHaveLength(1);
  });

  test("skipIf, which names its reason, passes", () => {
    expect(checkMarks(parseSource("test/a.test.ts", `test.skipIf(!tool)("a", f);`))).toEqual([]);
  });
});
