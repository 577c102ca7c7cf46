/** Copies of src/scratch/ with mistakes in them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { expect } from "vitest";
import { rootFolder } from "../structure/source-tree.ts";
import type { Subject } from "./checked-disk.ts";

/** A piece of a file of src/scratch/, and what stands in its place. */
export type Change = readonly [file: string, from: string, to: string];

const folder = `${rootFolder}build/mutants/${process.pid}-${threadId}/`;

/** Removes all copies that this process made. */
export function removeMutants(): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Copies src/scratch/ with changes, and imports the copy. What lies outside of it stays the same. */
export async function mutant(name: string, changes: readonly Change[]): Promise<Subject> {
  const source = `${rootFolder}src/scratch/`;
  const copy = `${folder}${name.replaceAll(/\W+/g, "-")}/`;
  mkdirSync(copy, { recursive: true });
  const left = new Set(changes);
  for (const file of readdirSync(source)) {
    let text = readFileSync(source + file, "utf8");
    for (const change of changes) {
      const [changed, from, to] = change;
      if (changed !== file) continue;
      expect(text.split(from).length, `"${from}" stands in ${file} once`).toBe(2);
      text = text.replace(from, () => to);
      left.delete(change);
    }
    writeFileSync(copy + file, text.replaceAll('from "../', `from "${rootFolder}src/`));
  }
  expect([...left]).toEqual([]);
  const device = (await import(/* @vite-ignore */ `${copy}sealed-device.ts`)) as Pick<
    Subject,
    "SealedDevice"
  >;
  const sequence = (await import(/* @vite-ignore */ `${copy}write-sequence.ts`)) as Pick<
    Subject,
    "WriteSequence" | "processSequence"
  >;
  const { WriteSequence, processSequence } = sequence;
  return { SealedDevice: device.SealedDevice, WriteSequence, processSequence };
}
