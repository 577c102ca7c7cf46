/** Copies of a part of src/ with mistakes in them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { expect } from "vitest";
import { rootFolder } from "../structure/source-tree.ts";

/** A piece of a file of the part, and what stands in its place. */
export type Change = readonly [file: string, from: string, to: string];

const folder = `${rootFolder}build/mutants/${process.pid}-${threadId}/`;

/** Removes all copies that this process made. */
export function removeMutants(): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Copies what changes of a part reach: the changed files, one more, and all that import one of them. What lies
 * outside of it stays the same.
 *
 * @param part a folder of src/, and a file of it that is copied in any case.
 * @returns where a file of the part is to be imported from.
 */
export function changedCopy(
  [part, entry]: readonly [part: string, entry: string],
  name: string,
  changes: readonly Change[],
): (file: string) => string {
  const source = `${rootFolder}src/${part}/`;
  const copy = `${folder}${part}-${name.replaceAll(/\W+/g, "-")}/`;
  mkdirSync(copy, { recursive: true });
  const files = new Map<string, string>();
  for (const file of readdirSync(source)) files.set(file, readFileSync(source + file, "utf8"));
  for (const [file, from, to] of changes) {
    const text = files.get(file) ?? "";
    expect(text.split(from).length, `"${from}" stands in ${file} once`).toBe(2);
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  const copied = reached(files, new Set([entry, ...changes.map(([file]) => file)]));
  const place = (file: string): string => (copied.has(file) ? copy : source) + file;
  for (const file of copied) {
    const text = files.get(file) as string;
    const bound = text.replaceAll(/from "\.\/([^"]+)"/g, (_, other: string) => `from "${place(other)}"`);
    writeFileSync(place(file), bound.replaceAll('from "../', `from "${rootFolder}src/`));
  }
  return place;
}

/** Some files and all that import one of them. */
function reached(files: ReadonlyMap<string, string>, from: ReadonlySet<string>): ReadonlySet<string> {
  const importers = [...files].filter(([, text]) =>
    [...from].some((file) => text.includes(`from "./${file}"`)),
  );
  const more = new Set([...from, ...importers.map(([file]) => file)]);
  return more.size === from.size ? from : reached(files, more);
}
