/**
 * The levels of the house: a module imports from its own folder and from lower
 * levels, never sideways, never upward, and never in a circle.
 */
import { posix } from "node:path";
import type { SourceFile, Violation } from "../source-file.ts";

/** One list a level, lowest first. The table of `docs/architecture.md`, as data. */
export const levels: readonly (readonly string[])[] = [
  ["errors", "bytes"],
  ["crypto", "device", "tree"],
  ["verity", "scratch", "tar", "ext4", "rego"],
  ["layer", "oci"],
  ["image"],
  ["overlay", "policy"],
  ["agent", "testing"],
  ["export"],
  ["cli"],
];

/** The entries of the package: they hand out what lies below and hold nothing of their own. */
export const entries: readonly string[] = ["src/index.ts", "src/node.ts"];

/** Packages that only one part may touch: what comes through them is that part's to check. */
const doors: ReadonlyMap<string, string> = new Map([
  ["@noble/hashes", "crypto"],
  ["@noble/ciphers", "crypto"],
  ["hash-wasm", "crypto"],
  ["node:crypto", "crypto"],
  ["asn1js", "verity"],
  ["pkijs", "verity"],
  ["pako", "tar"],
  ["commander", "cli"],
]);

/** The part a file belongs to: its folder below `src`, or `errors`. */
export function partOf(path: string): string {
  return /^src\/([^/]+?)(?:\.ts|\/.*)$/.exec(path)?.[1] ?? "";
}

/** Where a relative import leads, from the repository's root; undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** Imports that run upward, sideways, or past a part's door. */
export function checkLevels(file: SourceFile): Violation[] {
  const part = partOf(file.path);
  if (entries.includes(file.path)) return [];
  const level = levelOf(part);
  if (level < 0) return [`${file.path}:1: "${part}" has no level: enter it in the table`];
  return file.imports.flatMap(({ specifier, line }) => {
    const target = resolveImport(file.path, specifier);
    const problem =
      target === undefined ? packageProblem(part, specifier) : levelProblem(part, level, target);
    return problem === undefined ? [] : [`${file.path}:${line}: ${problem}`];
  });
}

/** Circles among modules, types aside: each as the path that leads back to its start. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const graph = new Map(files.map((file) => [file.path, runtimeImports(file)]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const follow = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      violations.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    } else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) follow(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) follow(path, []);
  return violations;
}

/** The project's own modules that a file loads at run time. */
export function runtimeImports(file: SourceFile): string[] {
  return file.imports.flatMap(({ specifier, typeOnly }) => {
    const target = resolveImport(file.path, specifier);
    return target === undefined || typeOnly ? [] : [target];
  });
}

function levelOf(part: string): number {
  return levels.findIndex((level) => level.includes(part));
}

function levelProblem(part: string, level: number, target: string): string | undefined {
  if (!target.startsWith("src/")) return `imports ${target}, which is not in src`;
  if (entries.includes(target)) return `imports the package's entry ${target}: name the module itself`;
  const targetPart = partOf(target);
  if (targetPart === part || (level === 0 && targetPart === "errors")) return undefined;
  const targetLevel = levelOf(targetPart);
  return targetLevel >= 0 && targetLevel < level
    ? undefined
    : `${part} (level ${level}) imports ${targetPart} (level ${targetLevel})`;
}

function packageProblem(part: string, specifier: string): string | undefined {
  for (const [name, owner] of doors) {
    const matches = specifier === name || specifier.startsWith(`${name}/`);
    if (matches && owner !== part) return `imports ${name}, which only ${owner} may`;
  }
  return undefined;
}
