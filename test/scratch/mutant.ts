/** Copies of src/scratch/ with mistakes in them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { expect } from "vitest";
import { rootFolder } from "../structure/source-tree.ts";
import type { Subject } from "./checked-disk.ts";
import type { ScenarioName } from "./named-scenarios.ts";

/** A piece of a file of src/scratch/, and what stands in its place. */
export type Change = readonly [file: string, from: string, to: string];

/** A mistake: what it is, the scenario that finds it soonest, and how it is made. */
export type Mistake = readonly [name: string, found: ScenarioName, ...changes: readonly Change[]];

const folder = `${rootFolder}build/mutants/${process.pid}-${threadId}/`;

/** Removes all copies that this process made. */
export function removeMutants(): void {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Copies what changes of src/scratch/ reach, the changed files and all that import them, and imports the
 * copy. What lies outside of it stays the same.
 */
export async function mutant(name: string, changes: readonly Change[]): Promise<Subject> {
  const source = `${rootFolder}src/scratch/`;
  const copy = `${folder}${name.replaceAll(/\W+/g, "-")}/`;
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
  const copied = reached(files, new Set(["sealed-device.ts", ...changes.map(([file]) => file)]));
  const place = (file: string): string => (copied.has(file) ? copy : source) + file;
  for (const file of copied) {
    const text = files.get(file) as string;
    const bound = text.replaceAll(/from "\.\/([^"]+)"/g, (_, other: string) => `from "${place(other)}"`);
    writeFileSync(place(file), bound.replaceAll('from "../', `from "${rootFolder}src/`));
  }
  const device = (await import(/* @vite-ignore */ place("sealed-device.ts"))) as Pick<
    Subject,
    "SealedDevice"
  >;
  const sequence = (await import(/* @vite-ignore */ place("write-sequence.ts"))) as Pick<
    Subject,
    "WriteSequence" | "processSequence"
  >;
  const { WriteSequence, processSequence } = sequence;
  return { SealedDevice: device.SealedDevice, WriteSequence, processSequence };
}

/** Some files and all that import one of them. */
function reached(files: ReadonlyMap<string, string>, from: ReadonlySet<string>): ReadonlySet<string> {
  const importers = [...files].filter(([, text]) =>
    [...from].some((file) => text.includes(`from "./${file}"`)),
  );
  const more = new Set([...from, ...importers.map(([file]) => file)]);
  return more.size === from.size ? from : reached(files, more);
}
