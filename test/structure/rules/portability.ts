/** The core runs in a browser: what only Node has stands where the core cannot reach it. */
import { builtinModules } from "node:module";
import type { Node } from "oxc-parser";
import { lineOf, type SourceFile, type Violation, walk } from "../source-file.ts";
import { runtimeImports } from "./levels.ts";

const nodeGlobals = new Set(["Buffer", "process", "require", "__dirname", "__filename", "setImmediate"]);

/** True where a file may use what only Node has. */
export function isNodeFile(path: string): boolean {
  return path.endsWith(".node.ts") || path.startsWith("src/cli/") || path.startsWith("src/export/");
}

/** `node:` imports and Node's globals in a file of the core. */
export function checkPortability(file: SourceFile): Violation[] {
  if (isNodeFile(file.path)) return [];
  const violations = file.imports
    .filter(({ specifier }) => isBuiltin(specifier))
    .map(({ specifier, line }) => `${file.path}:${line}: imports ${specifier} outside a *.node.ts file`);
  walk(file.program, (node, ancestors) => {
    if (node.type !== "Identifier" || !nodeGlobals.has(node.name)) return;
    if (isNameOnly(node, ancestors.at(-1))) return;
    violations.push(`${file.path}:${lineOf(file.text, node.start)}: uses Node's ${node.name}`);
  });
  return violations;
}

/** Node-only files that an entry of the core loads, directly or through others. */
export function checkReach(files: readonly SourceFile[], entry: string): Violation[] {
  const graph = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const violations: Violation[] = [];
  const follow = (path: string, trail: readonly string[]): void => {
    if (reached.has(path)) return;
    reached.add(path);
    if (isNodeFile(path)) violations.push([...trail, path].join(" -> "));
    const file = graph.get(path);
    for (const next of file === undefined ? [] : runtimeImports(file)) follow(next, [...trail, path]);
  };
  follow(entry, []);
  return violations;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}

/** The name of a member or of a property is not a use of the global. */
function isNameOnly(node: Node, parent: Node | undefined): boolean {
  if (parent?.type === "MemberExpression") return parent.property === node && !parent.computed;
  return parent !== undefined && "key" in parent && parent.key === node;
}
