/** Results as they are kept: one JSON file, committed, which a later run is held against. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SpeedUnit } from "../measure/interleave.ts";
import type { Machine } from "../measure/machine.ts";
import type { Spread } from "../measure/statistics.ts";

/** A contender's row in a suite's table. */
export interface Row {
  readonly contender: string;
  readonly unit: SpeedUnit;
  readonly speed: Spread;
  readonly peakMemoryMiB?: Spread;
}

/** A ratio that the project watches, with the floor it was promised. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly ratio: Spread;
  readonly atLeast: number | undefined;
}

/** What one suite found. */
export interface SuiteResult {
  readonly name: string;
  readonly title: string;
  /** What was measured and how, for a reader of the page. */
  readonly about: string;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
}

/** A whole run. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly suites: readonly SuiteResult[];
}

/** The bench folder in the source tree; the compiled script runs from `build/bench`. */
export const benchFolder: string = fileURLToPath(new URL("../../../bench/", import.meta.url));

const file = `${benchFolder}results.json`;

/** The last run that was written, if there is one. */
export function readResults(): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined;
}

export function writeResults(results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, roundNumbers, 2)}\n`);
}

/** Four digits are more than the spread allows to trust. */
function roundNumbers(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
