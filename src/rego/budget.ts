/** How much an evaluation may do: a policy that asks for more is stopped, and what it should decide is denied. */
import type { RE2JS } from "re2js";
import type { Allocation } from "./program.ts";
import { regoLimitError } from "./rego-error.ts";
import { isArray, type RegoObject, type RegoSet, type RegoValue } from "./value.ts";

/** Limits of one evaluation. */
export interface EvaluationLimits {
  /** Lines, members and calls that are looked at: 10,000,000 unless set. */
  readonly steps?: number;
  /** Members and characters that are made: 2,000,000 unless set. */
  readonly units?: number;
}

const defaultSteps = 10_000_000;
const defaultUnits = 2_000_000;
/** Rules and functions within each other; the engine's stack holds more. */
const depthLimit = 200;

/** See the head of this file. */
export class Budget implements Allocation {
  readonly #mostSteps: number;
  readonly #mostUnits: number;
  readonly #weights: WeakMap<object, number>;
  readonly expressions: Map<string, RE2JS | undefined> = new Map();
  #steps = 0;
  #units = 0;
  #depth = 0;

  /** @param weights of values that are looked at again and again; what is found out is added. */
  constructor(
    { steps = defaultSteps, units = defaultUnits }: EvaluationLimits = {},
    weights: WeakMap<object, number> = new WeakMap(),
  ) {
    this.#weights = weights;
    this.#mostSteps = steps;
    this.#mostUnits = units;
  }

  /** What was made and looked at so far. */
  get units(): number {
    return this.#units;
  }

  /** Counts a step. @throws {StateError} `exhausted`. */
  step(): void {
    this.#steps += 1;
    if (this.#steps > this.#mostSteps) throw regoLimitError(`it takes more than ${this.#mostSteps} steps`);
  }

  /**
   * Counts what looks at all of a value will look at: its members, theirs and so on, each as often as it stands
   * there. A few rules can make a value of very many that holds the same one again and again.
   *
   * @throws {StateError} `exhausted`.
   */
  charge(value: RegoValue): void {
    if (value !== null && typeof value === "object") this.allocate(this.#weightOf(value));
  }

  /** 1 and the weights of all members; of values that are within the limit. */
  #weightOf(value: RegoValue): number {
    if (value === null || typeof value !== "object") return 1;
    const known = this.#weights.get(value);
    if (known !== undefined) return known;
    let weight = 1;
    for (const member of partsOf(value)) weight += this.#weightOf(member);
    if (weight > this.#mostUnits) throw regoLimitError(`it makes more than ${this.#mostUnits} values`);
    this.#weights.set(value, weight);
    return weight;
  }

  allocate(units: number): void {
    this.#units += units;
    if (this.#units > this.#mostUnits) throw regoLimitError(`it makes more than ${this.#mostUnits} values`);
  }

  /** Runs a rule within those under way. */
  nested<Result>(rule: () => Result): Result {
    if (this.#depth === depthLimit)
      throw regoLimitError(`more than ${depthLimit} rules stand within each other`);
    this.#depth += 1;
    try {
      return rule();
    } finally {
      this.#depth -= 1;
    }
  }
}

function partsOf(value: readonly RegoValue[] | RegoObject | RegoSet): Iterable<RegoValue> {
  return isArray(value) ? value : value.parts();
}
