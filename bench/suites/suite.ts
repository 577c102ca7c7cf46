import type { Contender, Pace } from "../measure/interleave.ts";

/** A group of contenders that are measured side by side. */
export interface Suite {
  /** Names the plot's file and the suite on the command line. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly pace: Pace;
  /** Makes the data and opens what is measured, or says why that cannot be done here. */
  prepare(): Promise<Prepared | Unavailable>;
}

export interface Prepared {
  readonly contenders: readonly Contender[];
  readonly ratios: readonly WatchedRatio[];
  close(): Promise<void>;
}

/** A ratio that is shown, and the floor it was promised. */
export interface WatchedRatio {
  readonly of: string;
  readonly to: string;
  readonly atLeast?: number;
}

export interface Unavailable {
  readonly unavailable: string;
}
