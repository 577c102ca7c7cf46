/** An object that is being made, of whose keys none can have two values. */
import type { Budget } from "./budget.ts";
import { regoConflict } from "./rego-error.ts";
import { equalValues, keyOf, RegoObject, type RegoValue } from "./value.ts";

/** See the head of this file. */
export class Entries {
  readonly #what: string;
  readonly #budget: Budget;
  readonly #entries: Map<string, readonly [RegoValue, RegoValue]> = new Map();

  /** @param what is made, for the error. */
  constructor(what: string, budget: Budget) {
    this.#what = what;
    this.#budget = budget;
  }

  /** @throws {FormatError} `bad-rule` where the key has another value already. */
  add(key: RegoValue, value: RegoValue): void {
    const text = keyOf(key);
    const known = this.#entries.get(text);
    if (known !== undefined) this.#budget.charge(value);
    if (known !== undefined && !equalValues(known[1], value)) {
      // The key may be what nobody is to read.
      throw regoConflict(`${this.#what} gives one key two values`);
    }
    this.#entries.set(text, [key, value]);
  }

  object(): RegoObject {
    return new RegoObject(this.#entries.values());
  }
}
