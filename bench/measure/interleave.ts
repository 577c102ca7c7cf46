/**
 * Contenders in turn, many times over, in one process: what disturbs the
 * machine for a while disturbs all of them, and the ratio of a round holds.
 */
import { Bench } from "tinybench";
import { type Spread, spreadOf } from "./statistics.ts";

/** One thing that is measured. */
export interface Contender {
  readonly name: string;
  /** Bytes that one call of `run` processes: the unit of its speed. */
  readonly bytes: number;
  run(): unknown;
  /** The most memory that the last run's process held, where that is measured. */
  peakMemoryMiB?(): number;
}

/** How often and how long. */
export interface Pace {
  readonly rounds: number;
  /** Each contender runs for at least this long in each round, and at least once. */
  readonly timeMs: number;
}

/** What came of one contender. */
export interface Measurement {
  readonly name: string;
  /** Millions of bytes per second, over the rounds. */
  readonly mbPerSecond: Spread;
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
  return contenders.map(({ name }, i) => {
    const rounds = speeds[i] ?? [];
    const peak = peaks[i] ?? [];
    return {
      name,
      mbPerSecond: spreadOf(rounds),
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
  for (const { name, run } of contenders) bench.add(name, run, { async: true });
  await bench.run();
  return contenders.map(({ name, bytes }) => {
    const result = bench.getTask(name)?.result;
    if (result?.state !== "completed") throw new Error(`${name} was not measured`);
    return bytes / result.latency.p50 / 1000;
  });
}
