/** Values of rules that are the same whatever is asked, kept from one evaluation for the next. */
import type { Budget } from "./budget.ts";
import type { PackageNode, RuleGroup } from "./program.ts";
import { isConstant } from "./recursion.ts";
import type { RegoValue } from "./value.ts";

/** What may be kept, by what it took to make it: a policy must not fill the memory with one request after another. */
const mostUnits = 1_000_000;

/** See the head of this file. */
export class Constants {
  readonly #root: PackageNode;
  readonly #kinds: Map<RuleGroup, boolean> = new Map();
  readonly #values: Map<RuleGroup, RegoValue | undefined> = new Map();
  #units = 0;

  constructor(root: PackageNode) {
    this.#root = root;
  }

  /** The value of a group, evaluated unless it is known. */
  valueOf(group: RuleGroup, budget: Budget, evaluate: () => RegoValue | undefined): RegoValue | undefined {
    if (this.#values.has(group)) return this.#values.get(group);
    const before = budget.units;
    const value = evaluate();
    const units = budget.units - before;
    if (this.#units + units <= mostUnits && isConstant(group, this.#root, this.#kinds)) {
      this.#units += units;
      this.#values.set(group, value);
    }
    return value;
  }
}
