/**
 * Contenders in turn, many times over, in one process: what disturbs the
 * machine for a while disturbs all of them, and the ratio of a round holds.
 */
import { Bench } from "tinybench";
import { type Spread, spreadOf } from "./statistics.ts";

/** What one call of `run` does, and so the unit of its speed: MB/s, or calls/s. */
export type Work = { readonly bytes: number } | { readonly calls: number };

/** One thing that is measured. */
export type Contender = Work & {
  readonly name: string;
  run(): unknown;
  /** Makes ready for a call of `run`, each time, off the clock. */
  before?(): Promise<void>;
  /** The most memory that the last run's process held, where that is measured. */
  peakMemoryMiB?(): number;
};

/** The units of speed. */
export type SpeedUnit = "MB/s" | "calls/s";

/** How often and how long. */
export interface Pace {
  readonly rounds: number;
  /** Each contender runs for at least this long in each round, and at least once. */
  readonly timeMs: number;
}

/** What came of one contender. */
export interface Measurement {
  readonly name: string;
  readonly unit: SpeedUnit;
  /** Over the rounds. */
  readonly speed: Spread;
  /** Speed of each round, for ratios. */
  readonly rounds: readonly number[];
  readonly peakMemoryMiB?: Spread;
}

/** Measures all contenders in turn, `pace.rounds` times, after one round to warm up. */
export async function interleave(contenders: readonly Contender[], pace: Pace): Promise<Measurement[]> {
  const speeds = contenders.map((): number[] => []);
  const peaks = contenders.map((): number[] => []);
  await oneRound(contenders, pace);
  for (let round = 0; round < pace.rounds; round++) {
    const medians = await oneRound(contenders, pace);
    for (const [i, speed] of medians.entries()) {
      speeds[i]?.push(speed);
      const peak = contenders[i]?.peakMemoryMiB?.();
      if (peak !== undefined) peaks[i]?.push(peak);
    }
  }
  return contenders.map((contender, i) => {
    const rounds = speeds[i] ?? [];
    const peak = peaks[i] ?? [];
    return {
      name: contender.name,
      unit: "bytes" in contender ? "MB/s" : "calls/s",
      speed: spreadOf(rounds),
      rounds,
      ...(peak.length > 0 ? { peakMemoryMiB: spreadOf(peak) } : {}),
    };
  });
}

/** The ratio of two contenders, round by round. */
export function ratio(of: Measurement, to: Measurement): Spread {
  return spreadOf(of.rounds.map((speed, i) => speed / (to.rounds[i] ?? Number.NaN)));
}

async function oneRound(contenders: readonly Contender[], pace: Pace): Promise<number[]> {
  const bench = new Bench({
    time: pace.timeMs,
    iterations: 1,
    warmup: false,
    retainSamples: true,
    throws: true,
  });
  // Left to find out by itself, tinybench would run each once more: for a whole process that is dear.
  for (const { name, run, before } of contenders) {
    bench.add(name, run, { async: true, ...(before && { beforeEach: before }) });
  }
  await bench.run();
  return contenders.map((contender) => {
    const result = bench.getTask(contender.name)?.result;
    if (result?.state !== "completed") throw new Error(`${contender.name} was not measured`);
    const perMillisecond = (work: number): number => work / result.latency.p50;
    return "bytes" in contender
      ? perMillisecond(contender.bytes) / 1000
      : perMillisecond(contender.calls) * 1000;
  });
}
