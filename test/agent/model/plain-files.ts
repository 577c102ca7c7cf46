/** Files as a Map from path to content, and what layers over each other come to. */

/** A layer: files by path, and paths that it takes away. Directories are those that files are in. */
export interface PlainLayer {
  readonly name: string;
  readonly files: ReadonlyMap<string, string>;
  readonly removed: readonly string[];
}

/** Files by path. */
export type PlainFiles = Map<string, string>;

/** @param layers the base first. */
export function mergedFiles(layers: readonly PlainLayer[]): PlainFiles {
  const files: PlainFiles = new Map();
  for (const { files: own, removed } of layers) {
    for (const path of removed) files.delete(path);
    for (const [path, content] of own) files.set(path, content);
  }
  return files;
}

/** Ordered by path, for comparing. */
export function listedFiles(files: PlainFiles): readonly (readonly [path: string, content: string])[] {
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}
