/** What runs have in common: every sealed sector is watched, and what has been seen is counted. */
import { onTestFinished } from "vitest";
import { SealWatch } from "./boundary.ts";
import type { CheckedDisk, Outcome, Subject } from "./checked-disk.ts";

/** What a run has seen. */
export interface Tally {
  steps: number;
  readonly outcomes: Map<Outcome, number>;
  /** Faults and acts that really happened. */
  readonly done: Set<string>;
}

/** An empty tally. */
export function newTally(): Tally {
  return { steps: 0, outcomes: new Map(), done: new Set() };
}

/** Counts a step and its outcome. */
export function count(tally: Tally, outcome: Outcome): void {
  tally.steps += 1;
  tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
}

/** Adds what the host's trace has to show. */
export function countTrace(tally: Tally, disk: CheckedDisk): void {
  for (const { done } of disk.host.trace) if (done !== "honest") tally.done.add(done.kind);
}

/**
 * Runs with every sealed sector watched: until the run is over, or the test that it is a part of, which may give
 * it up. What is watched is shared with whatever test comes after.
 */
export async function watched<T>({ sealing }: Subject, run: (watch: SealWatch) => Promise<T>): Promise<T> {
  const watch = await SealWatch.start(sealing?.createCipher);
  onTestFinished(() => watch.stop());
  try {
    return await run(watch);
  } finally {
    watch.stop();
  }
}
