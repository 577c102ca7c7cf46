/** The packed package's types, as consumers compile against them, and what the packages' linters say of it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";

const consumer = inject("consumer");
const tarball = inject("tarball");
const installed = join(consumer, "node_modules/sealstone");
const tools = fileURLToPath(new URL("../../node_modules/.bin/", import.meta.url));

/** Runs one of the repository's tools for the consumer; where it fails, its output is the error. */
function run(tool: string, ...args: string[]): string {
  try {
    return execFileSync(join(tools, tool), args, { cwd: consumer, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${tool} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

interface Consumer {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly files: readonly string[];
}

const consumers: readonly Consumer[] = [
  {
    kind: "a bundler's, for browsers",
    options: { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] },
    files: ["types.ts"],
  },
  {
    kind: "Node's, without the dom library",
    options: { module: "nodenext", lib: ["es2022"], types: ["node"], typeRoots: [join(tools, "../@types")] },
    files: ["types.ts", "types-node.ts"],
  },
];

test.each(consumers)("types compile in a project of $kind", ({ options, files }) => {
  const compilerOptions = {
    target: "es2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  const config = join(consumer, `tsconfig.${String(options["module"])}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files }));
  expect(run("tsc", "-p", config)).toBe("");
});

test("the types are checked at all: a wrong use does not compile", () => {
  const source = join(consumer, "wrong.ts");
  writeFileSync(source, `import { toHex } from "sealstone/bytes";\ntoHex("text");\n`);
  const flags = ["--noEmit", "--strict", "--module", "nodenext", "--types", "", "--ignoreConfig"];
  expect(() => run("tsc", ...flags, source)).toThrow("TS2345");
});

test("publint finds nothing", () => {
  expect(run("publint", "run", tarball, "--strict")).toContain("All good!");
});

test("attw finds nothing, for ES modules alone", () => {
  expect(run("attw", tarball, "--profile", "esm-only", "--no-color")).toContain('"sealstone/verity"');
});

test("holds what it needs and nothing else", () => {
  expect(readdirSync(installed).sort()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "dist",
    "package.json",
  ]);
  const files = readdirSync(join(installed, "dist"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
  expect(files.length).toBeGreaterThan(0);
  // The bundled command is CommonJS in a package of ES modules, and holds commander.
  expect(files.filter((name) => !/\.(?:js|d\.ts|js\.map|wasm)$/.test(name)).sort()).toEqual([
    "dist/bin/commander.LICENSE",
    "dist/bin/package.json",
  ]);
});

test("maps carry their sources, which the package does not", () => {
  const map = JSON.parse(readFileSync(join(installed, "dist/errors.js.map"), "utf8")) as {
    sourcesContent?: readonly string[];
  };
  expect(map.sourcesContent?.[0]).toContain("The error taxonomy");
});
