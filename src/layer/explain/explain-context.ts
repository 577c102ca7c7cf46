/** What the caller of an explanation may say, and what holds where it says nothing. */
import type { ExplainEngine } from "./layer-input.ts";
import { type OptionSet, policyOptions } from "./option-set.ts";

/** How layers are compared. */
export interface ExplainOptions {
  /** How tars are converted; what is not given is as policies have it. */
  readonly options?: Partial<OptionSet>;
  /** The most of each list: differences, blocks, warnings of a kind. All are counted. 1000 unless given. */
  readonly limit?: number;
  readonly engine?: ExplainEngine;
  readonly signal?: AbortSignal;
}

/** The same, whole. */
export interface ExplainContext {
  readonly optionSet: OptionSet;
  readonly limit: number;
  readonly engine: ExplainEngine;
  readonly signal: AbortSignal | undefined;
}

const defaultLimit = 1000;

/** Fills in what was not given. */
export function explainContext({ options, limit, engine, signal }: ExplainOptions): ExplainContext {
  return {
    optionSet: { ...policyOptions, ...options },
    limit: limit ?? defaultLimit,
    engine: engine ?? {},
    signal,
  };
}
