/** The house rules, held against every source file. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { sizeExemptions, stateExemptions } from "./exemptions.ts";
import { checkAssertions } from "./rules/assertions.ts";
import { checkDocumentation } from "./rules/documentation.ts";
import { checkCycles, checkLevels, levels, partOf } from "./rules/levels.ts";
import { checkMarks, checkName } from "./rules/names.ts";
import { checkPortability, checkReach, isNodeFile } from "./rules/portability.ts";
import { checkSizes } from "./rules/size.ts";
import { checkModuleState } from "./rules/state.ts";
import { listFiles, loadSources, rootFolder } from "./source-tree.ts";

const all = loadSources();
const source = all.filter(({ path }) => path.startsWith("src/"));
const tests = all.filter(({ path }) => path.endsWith(".test.ts"));

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}
const { exports } = JSON.parse(readFileSync(`${rootFolder}package.json`, "utf8")) as Manifest;

/** `./verity` → `src/verity/index.ts`: the source of what a subpath hands out. */
const entrySources = Object.values(exports).flatMap((target) => {
  const [, path] =
    /^\.\/dist\/(.*)\.js$/.exec(typeof target === "string" ? "" : (target["default"] ?? "")) ?? [];
  return path === undefined ? [] : [`src/${path}.ts`];
});

test("the rules see the sources", () => {
  expect(source.length).toBeGreaterThan(20);
  expect(tests.length).toBeGreaterThan(0);
});

describe("src", () => {
  test("imports run downward", () => {
    expect(source.flatMap(checkLevels)).toEqual([]);
  });

  test("no two modules load each other", () => {
    expect(checkCycles(source)).toEqual([]);
  });

  test("only files for Node use what only Node has", () => {
    expect(source.filter(({ path }) => path !== "src/node.ts").flatMap(checkPortability)).toEqual([]);
  });

  test("every export is documented", () => {
    expect(source.flatMap(checkDocumentation)).toEqual([]);
  });

  test("no state at module level", () => {
    expect(checkModuleState(source, stateExemptions)).toEqual([]);
  });
});

describe("package.json", () => {
  test("exports name the types first, and sources that exist", () => {
    for (const [subpath, target] of Object.entries(exports)) {
      if (typeof target !== "string") expect(Object.keys(target), subpath).toEqual(["types", "default"]);
    }
    const paths = source.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(entrySources));
  });

  test("every part has a subpath", () => {
    const parts = new Set(source.map(({ path }) => partOf(path)));
    const exported = new Set(entrySources.map(partOf));
    const library = levels.flat().filter((part) => parts.has(part) && part !== "cli" && part !== "export");
    expect(library.filter((part) => !exported.has(part))).toEqual([]);
  });

  const isForNode = (path: string): boolean => path === "src/node.ts" || isNodeFile(path);
  test.each(entrySources.filter((path) => !isForNode(path)))("%s loads nothing of Node's", (entry) => {
    expect(checkReach(source, entry)).toEqual([]);
  });
});

describe("every file", () => {
  test("files and functions keep to their length", () => {
    expect(checkSizes(all, sizeExemptions)).toEqual([]);
  });

  test("files and folders are named as the house names them", () => {
    const named = listFiles().filter((path) => !/^test\/(?:golden|vectors)\//.test(path));
    expect(named.flatMap(checkName)).toEqual([]);
  });

  test("nothing is marked as unfinished", () => {
    // The rules themselves and their bad examples hold the marks as text.
    expect(all.filter(({ path }) => !path.startsWith("test/structure/")).flatMap(checkMarks)).toEqual([]);
  });

  test("every test asserts", () => {
    expect(tests.flatMap(checkAssertions)).toEqual([]);
  });
});
