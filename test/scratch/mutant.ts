/** Copies of src/scratch/ with mistakes in them. */
import { type Change, changedCopy } from "../mutants/changed-copy.ts";
import type { Subject } from "./checked-disk.ts";
import type { ScenarioName } from "./named-scenarios.ts";

/** A mistake: what it is, the scenario that finds it soonest, and how it is made. */
export type Mistake = readonly [name: string, found: ScenarioName, ...changes: readonly Change[]];

/** Copies what changes of src/scratch/ reach, and imports the copy. */
export async function mutant(name: string, changes: readonly Change[]): Promise<Subject> {
  const place = changedCopy(["scratch", "sealed-device.ts"], name, changes);
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
