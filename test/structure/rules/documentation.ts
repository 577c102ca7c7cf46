/** Every exported symbol says what it is, in a doc comment right above it. */
import type { Node } from "oxc-parser";
import { lineOf, type SourceFile, type Violation } from "../source-file.ts";

/** Exports without a doc comment. Re-exports are documented where they are declared. */
export function checkDocumentation(file: SourceFile): Violation[] {
  const documented = (start: number): boolean =>
    file.comments.some(
      ({ type, value, end }) =>
        type === "Block" &&
        value.startsWith("*") &&
        end <= start &&
        /^\s*$/.test(file.text.slice(end, start)),
    );
  const starts = new Map<string, number>();
  for (const statement of file.program.body) {
    for (const name of declaredNames(statement)) {
      // The comment stands above the first of several overloads.
      if (!starts.has(name)) starts.set(name, statement.start);
    }
  }
  return [...new Set(exportedNames(file))]
    .map((name) => ({ name, start: starts.get(name) ?? 0 }))
    .filter(({ start }) => !documented(start))
    .map(({ name, start }) => `${file.path}:${lineOf(file.text, start)}: ${name} has no doc comment`);
}

/** Names of the file's own declarations that it exports. */
function exportedNames(file: SourceFile): string[] {
  return file.program.body.flatMap((statement) => {
    if (statement.type !== "ExportNamedDeclaration" || statement.source !== null) return [];
    if (statement.declaration !== null) return declaredNames(statement.declaration);
    return statement.specifiers.flatMap(({ local }) => (local.type === "Identifier" ? [local.name] : []));
  });
}

function declaredNames(statement: Node): string[] {
  if (statement.type === "ExportNamedDeclaration") {
    return statement.declaration === null ? [] : declaredNames(statement.declaration);
  }
  if (statement.type === "VariableDeclaration") {
    return statement.declarations.flatMap(({ id }) => (id.type === "Identifier" ? [id.name] : []));
  }
  return "id" in statement && statement.id?.type === "Identifier" ? [statement.id.name] : [];
}
