/** Which tests run in a browser: all that reach nothing of Node's. */

import { resolveImport } from "../structure/rules/levels.ts";
import { checkPortability } from "../structure/rules/portability.ts";
import type { SourceFile } from "../structure/source-file.ts";
import { loadSources } from "../structure/source-tree.ts";

/** The normal tier's portable tests, as paths from the repository's root. */
export function listPortableTests(): string[] {
  const files = new Map(loadSources().map((file) => [file.path, file]));
  return [...files.keys()].filter(
    (path) => /^test\/(?!browser\/|package\/).*(?<!\.slow)\.test\.ts$/.test(path) && isPortable(path, files),
  );
}

function isPortable(path: string, files: ReadonlyMap<string, SourceFile>, seen = new Set<string>()): boolean {
  if (seen.has(path)) return true;
  seen.add(path);
  const file = files.get(path);
  if (file === undefined) return true;
  if (path.endsWith(".node.ts") || checkPortability(file).length > 0) return false;
  return file.imports.every(({ specifier, typeOnly }) => {
    const target = resolveImport(path, specifier);
    return typeOnly || target === undefined || isPortable(target, files, seen);
  });
}
