/** A test without an assertion passes whatever the code does. */
import type { CallExpression, Node } from "oxc-parser";
import { lineOf, type SourceFile, type Violation, walk } from "../source-file.ts";
import { rootName } from "./size.ts";

/** `expect(…)`, `assert(…)`, `fc.assert(…)`, or a helper whose name says that it asserts. */
const asserting = /^(?:expect|assert)/;

/** Calls of `test` and `it` whose body asserts nothing. */
export function checkAssertions(file: SourceFile): Violation[] {
  const violations: Violation[] = [];
  walk(file.program, (node, ancestors) => {
    if (node.type !== "CallExpression" || !isTest(node, ancestors.at(-1))) return;
    const body = testBody(node, file);
    if (body !== undefined && asserts(body)) return;
    violations.push(`${file.path}:${lineOf(file.text, node.start)}: a test without an assertion`);
  });
  return violations;
}

/** The outermost call alone: `test.each(table)` in `test.each(table)(name, body)` is no test by itself. */
function isTest(call: CallExpression, parent: Node | undefined): boolean {
  const name = rootName(call.callee);
  if (name !== "test" && name !== "it") return false;
  if (parent?.type === "CallExpression" && parent.callee === call) return false;
  return !(parent?.type === "MemberExpression" && parent.object === call);
}

/** The function among a test's arguments, or the one of this file that an argument names. */
function testBody(call: CallExpression, file: SourceFile): Node | undefined {
  for (const argument of call.arguments) {
    if (argument.type === "ArrowFunctionExpression" || argument.type === "FunctionExpression")
      return argument;
    if (argument.type !== "Identifier") continue;
    for (const statement of file.program.body) {
      if (statement.type === "FunctionDeclaration" && statement.id?.name === argument.name) return statement;
    }
  }
  return undefined;
}

function asserts(body: Node): boolean {
  let found = false;
  walk(body, (node) => {
    if (node.type !== "CallExpression") return;
    const { callee } = node;
    const name =
      callee.type === "MemberExpression" && callee.property.type === "Identifier" && !callee.computed
        ? callee.property.name
        : undefined;
    found ||= asserting.test(rootName(callee) ?? "") || asserting.test(name ?? "");
  });
  return found;
}
