/** Files of at most 400 lines, functions of at most 70: what a reader holds in one look. */
import type { Node } from "oxc-parser";
import { countLines, lineOf, type SourceFile, type Violation, walk } from "../source-file.ts";

export const fileLimitLines = 400;
export const functionLimitLines = 70;

/** Something that may be longer, and why. */
export interface SizeExemption {
  readonly path: string;
  /** The function's name; absent where the whole file is meant. */
  readonly name?: string;
  readonly reason: string;
}

/** What is too long: the file itself, or a function in it by name. */
interface Oversize {
  readonly path: string;
  readonly name?: string;
  readonly line: number;
  readonly lines: number;
}

/** Whatever is past its limit and not exempted, and each exemption that nothing needs any more. */
export function checkSizes(
  files: readonly SourceFile[],
  exemptions: readonly SizeExemption[] = [],
): Violation[] {
  const oversizes = files.flatMap(findOversizes);
  const matches = (exemption: SizeExemption, { path, name }: Oversize): boolean =>
    exemption.path === path && exemption.name === name;
  return [
    ...oversizes
      .filter((oversize) => !exemptions.some((exemption) => matches(exemption, oversize)))
      .map(({ path, name, line, lines }) => `${path}:${line}: ${name ?? "the file"} has ${lines} lines`),
    ...exemptions
      .filter((exemption) => !oversizes.some((oversize) => matches(exemption, oversize)))
      .map(({ path, name }) => `${path}: ${name ?? "the file"} is exempted from its limit without need`),
  ];
}

function findOversizes(file: SourceFile): Oversize[] {
  const { path, text, program } = file;
  const found: Oversize[] = [];
  const fileLines = countLines(text);
  if (fileLines > fileLimitLines) found.push({ path, line: 1, lines: fileLines });
  walk(program, (node, ancestors) => {
    if (!isFunction(node) || isSuite(node, ancestors.at(-1))) return;
    const lines = countLines(text.slice(node.start, node.end));
    if (lines <= functionLimitLines) return;
    found.push({ path, name: nameOf(node, ancestors.at(-1)), line: lineOf(text, node.start), lines });
  });
  return found;
}

function isFunction(node: Node): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

/** The body of a `describe` is a chapter of a file, not a function to be held in mind. */
function isSuite(node: Node, parent: Node | undefined): boolean {
  if (parent?.type !== "CallExpression" || !parent.arguments.some((argument) => argument === node))
    return false;
  return rootName(parent.callee) === "describe";
}

/** `describe` of `describe.each(table)`, and so on down. */
export function rootName(callee: Node): string | undefined {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression") return rootName(callee.object);
  if (callee.type === "CallExpression") return rootName(callee.callee);
  if (callee.type === "TaggedTemplateExpression") return rootName(callee.tag);
  return undefined;
}

function nameOf(node: Node, parent: Node | undefined): string {
  if ("id" in node && node.id?.type === "Identifier") return node.id.name;
  if (parent === undefined) return "a function";
  if ("key" in parent && (parent.key.type === "Identifier" || parent.key.type === "PrivateIdentifier")) {
    return parent.key.name;
  }
  if (parent.type === "VariableDeclarator" && parent.id.type === "Identifier") return parent.id.name;
  return "a function";
}
