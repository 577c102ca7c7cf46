/** A source file as the rules see it: its text, its syntax tree, what it imports. */
import { type Comment, type Node, type Program, parseSync, visitorKeys } from "oxc-parser";

/** One import, re-export or `import()` of a module. */
export interface ModuleImport {
  /** As written. */
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

export interface SourceFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly Comment[];
  readonly imports: readonly ModuleImport[];
}

/** A rule broken: `path:line: what is wrong`. */
export type Violation = string;

/** AssemblyScript takes decorators where TypeScript does not; blanked, the rest parses as it stands. */
const assemblyDecorator = /^([ \t]*(?:export[ \t]+)?)(@\w+(?:\([^)]*\))?)/gm;

/** Parses one file; `path` may be invented, as the rules' own tests do. */
export function parseSource(path: string, text: string): SourceFile {
  const plain = path.startsWith("assembly/")
    ? text.replace(assemblyDecorator, (_, before: string, mark: string) => before + " ".repeat(mark.length))
    : text;
  const { program, comments, module, errors } = parseSync(path, plain);
  const error = errors[0];
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const imports: ModuleImport[] = [];
  const add = (specifier: string, typeOnly: boolean, start: number): void => {
    imports.push({ specifier, typeOnly, line: lineOf(text, start) });
  };
  for (const { moduleRequest, entries, start } of module.staticImports) {
    add(moduleRequest.value, entries.length > 0 && entries.every((entry) => entry.isType), start);
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, isType, start } of entries) {
      if (moduleRequest !== null) add(moduleRequest.value, isType, start);
    }
  }
  for (const { moduleRequest, start } of module.dynamicImports) {
    add(text.slice(moduleRequest.start, moduleRequest.end).replace(/^["'`]|["'`]$/g, ""), false, start);
  }
  return { path, text, program, comments, imports };
}

/** The line, from 1, on which an offset lies. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** How many lines a text has; a last line without its newline counts too. */
export function countLines(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

/** Visits a node and all below it, parents first; `ancestors` ends with the direct parent. */
export function walk(
  node: Node,
  visit: (node: Node, ancestors: readonly Node[]) => void,
  ancestors: readonly Node[] = [],
): void {
  visit(node, ancestors);
  const below = [...ancestors, node];
  for (const child of children(node)) walk(child, visit, below);
}

function children(node: Node): Node[] {
  const fields = new Map<string, unknown>(Object.entries(node));
  return (visitorKeys[node.type] ?? []).flatMap((key) => [fields.get(key)].flat().filter(isNode));
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
