/** What got slower since the last run that was kept. */
import type { Ratio, Results } from "./results.ts";

/** A ratio that moved further than both spreads explain. */
export interface Change {
  readonly suite: string;
  readonly of: string;
  readonly to: string;
  readonly before: number;
  readonly now: number;
}

/**
 * Ratios whose spreads no longer touch. Ratios and not speeds are compared:
 * they survive a change of machine, speeds do not.
 */
export function changesBetween(before: Results, now: Results): Change[] {
  return now.suites.flatMap((suite) => {
    const known = before.suites.find(({ name }) => name === suite.name)?.ratios ?? [];
    return suite.ratios.flatMap((ratio) => {
      const old = known.find(({ of, to }) => of === ratio.of && to === ratio.to);
      return old && apart(old, ratio)
        ? [
            {
              suite: suite.name,
              of: ratio.of,
              to: ratio.to,
              before: old.ratio.median,
              now: ratio.ratio.median,
            },
          ]
        : [];
    });
  });
}

function apart(a: Ratio, b: Ratio): boolean {
  return a.ratio.low > b.ratio.high || b.ratio.low > a.ratio.high;
}

/** The changes as lines for a terminal. */
export function describeChanges(changes: readonly Change[]): string[] {
  return changes.map(({ suite, of, to, before, now }) => {
    const verdict = now < before ? "SLOWER" : "faster";
    return `${verdict}: ${suite}: ${of} / ${to} was ${before.toFixed(2)}, is ${now.toFixed(2)}`;
  });
}
