/** No state at module level: two users of the package in one process must not meet in it. */
import type { Node } from "oxc-parser";
import { lineOf, type SourceFile, type Violation } from "../source-file.ts";

const containers = /^(?:Map|Set|WeakMap|WeakSet|Array|ArrayBuffer|SharedArrayBuffer|\w+Array|DataView)$/;

/** Module-level state that has a reason, by file and name. */
export interface StateExemption {
  readonly path: string;
  readonly name: string;
  readonly reason: string;
}

/** Module-level `let`s, containers not typed as read-only, and exemptions that nothing needs any more. */
export function checkModuleState(
  files: readonly SourceFile[],
  exemptions: readonly StateExemption[] = [],
): Violation[] {
  const found = files.flatMap(findState);
  const matches = (exemption: StateExemption, { path, name }: { path: string; name: string }): boolean =>
    exemption.path === path && exemption.name === name;
  return [
    ...found
      .filter((state) => !exemptions.some((exemption) => matches(exemption, state)))
      .map(({ path, line, name }) => `${path}:${line}: ${name} is mutable and lives as long as the module`),
    ...exemptions
      .filter((exemption) => !found.some((state) => matches(exemption, state)))
      .map(({ path, name }) => `${path}: ${name} is exempted without need`),
  ];
}

function findState({ path, text, program }: SourceFile): { path: string; line: number; name: string }[] {
  return program.body.flatMap((statement) => {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declaration?.type !== "VariableDeclaration") return [];
    return declaration.declarations.flatMap(({ id, init, start }) => {
      const name = text.slice(id.start, id.end);
      const mutable =
        declaration.kind !== "const" || (isContainer(init) && !/:\s*(?:readonly|Readonly)/.test(name));
      return mutable ? [{ path, line: lineOf(text, start), name: name.replace(/:.*$/s, "") }] : [];
    });
  });
}

function isContainer(init: Node | null): boolean {
  if (init?.type === "NewExpression")
    return init.callee.type === "Identifier" && containers.test(init.callee.name);
  return init?.type === "ArrayExpression";
}
