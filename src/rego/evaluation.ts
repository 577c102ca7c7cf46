/**
 * Evaluation of bodies and operands. Each way in which a line can hold calls
 * what comes after it; a variable is unbound again when that returns. Whoever
 * has seen enough answers `true`, and nothing further is tried.
 */
import type { Budget } from "./budget.ts";
import { Entries } from "./entries.ts";
import type { Line, Operand, RuleGroup, Slot } from "./program.ts";
import { equalValues, isArray, memberOf, RegoObject, RegoSet, type RegoValue } from "./value.ts";

/** What comes after: true stops the search. */
export type Next = () => boolean;

/** What comes after a value. */
export type NextValue = (value: RegoValue) => boolean;

/** Documents as a frame asks for them. */
export interface DocumentSource {
  readonly input: RegoValue | undefined;
  /** Values of `data` by steps, whose variables are the frame's. */
  walk(steps: readonly Operand[], frame: Frame, next: NextValue): boolean;
  /** Calls a function. */
  call(group: RuleGroup, given: readonly RegoValue[]): RegoValue | undefined;
}

/** Variables of one rule under way. */
export class Frame {
  readonly #documents: DocumentSource;
  readonly #budget: Budget;
  readonly #bound: (RegoValue | undefined)[];

  constructor(slots: number, documents: DocumentSource, budget: Budget) {
    this.#bound = new Array<RegoValue | undefined>(slots).fill(undefined);
    this.#documents = documents;
    this.#budget = budget;
  }

  /** Every way in which all lines from `at` on hold. */
  body(lines: readonly Line[], next: Next, at = 0): boolean {
    const line = lines[at];
    if (line === undefined) return next();
    this.#budget.step();
    return this.#line(line, () => this.body(lines, next, at + 1));
  }

  /** Whether lines hold at all. */
  holds(lines: readonly Line[]): boolean {
    return this.body(lines, () => true);
  }

  #line(line: Line, next: Next): boolean {
    switch (line.kind) {
      case "test":
        return this.each(line.operand, (value) => value !== false && next());
      case "unify":
        return this.unify(line.left, line.right, next);
      case "not":
        return !this.holds(line.body) && next();
      case "every":
        return this.#every(line) && next();
      default:
        return this.each(line.collection, (collection) =>
          this.#members(collection, (key, value) => {
            const matchValue = (): boolean => this.match(line.value, value, next);
            return line.key === undefined ? matchValue() : this.match(line.key, key, matchValue);
          }),
        );
    }
  }

  #every({ collection, key, value, body }: Line & { readonly kind: "every" }): boolean {
    const over = this.value(collection);
    if (over === undefined || over === null || typeof over !== "object") return false;
    const fails = this.#members(over, (memberKey, member) => {
      const holds = (): boolean => this.#bind(value, member, () => this.holds(body));
      return !(key === undefined ? holds() : this.#bind(key, memberKey, holds));
    });
    return !fails;
  }

  /** Calls with each key and value of a collection; of a set, both are the member. */
  #members(of: RegoValue, next: (key: RegoValue, value: RegoValue) => boolean): boolean {
    if (of === null || typeof of !== "object") return false;
    const entries = isArray(of)
      ? of.map((value, key) => [key, value] as const)
      : of instanceof RegoSet
        ? of.members().map((member) => [member, member] as const)
        : of.entries();
    for (const [key, value] of entries) {
      this.#budget.step();
      if (next(key, value)) return true;
    }
    return false;
  }

  /** Makes two operands equal, binding what is not bound on either side. */
  unify(left: Operand, right: Operand, next: Next): boolean {
    if (left.kind === "array" && right.kind === "array") {
      if (left.items.length !== right.items.length) return false;
      return this.#unifyItems(left.items, right.items, 0, next);
    }
    const known = this.isBound(right);
    const [pattern, source] = known ? [left, right] : [right, left];
    return this.each(source, (value) => this.match(pattern, value, next));
  }

  #unifyItems(left: readonly Operand[], right: readonly Operand[], at: number, next: Next): boolean {
    if (at === left.length) return next();
    const rest = (): boolean => this.#unifyItems(left, right, at + 1, next);
    return this.unify(left[at] as Operand, right[at] as Operand, rest);
  }

  /** Whether an operand holds no variable that a match with it would bind. */
  isBound(operand: Operand): boolean {
    if (operand.kind === "local") return this.#bound[operand.slot] !== undefined;
    if (operand.kind === "array") return operand.items.every((item) => this.isBound(item));
    if (operand.kind === "object") return operand.entries.every(([, value]) => this.isBound(value));
    return true;
  }

  /** Matches a pattern with a value. */
  match(pattern: Operand, value: RegoValue, next: Next): boolean {
    if (pattern.kind === "local") {
      const bound = this.#bound[pattern.slot];
      return bound === undefined
        ? this.#bind(pattern.slot, value, next)
        : this.#areEqual(bound, value) && next();
    }
    if (this.isBound(pattern)) return this.each(pattern, (own) => this.#areEqual(own, value) && next());
    if (pattern.kind === "array") {
      if (!isArray(value) || value.length !== pattern.items.length) return false;
      return this.#matchItems(pattern.items, value, 0, next);
    }
    if (
      pattern.kind !== "object" ||
      !(value instanceof RegoObject) ||
      value.size !== pattern.entries.length
    ) {
      return false;
    }
    const members: RegoValue[] = [];
    for (const [key] of pattern.entries) {
      const known = this.value(key);
      const member = known === undefined ? undefined : value.get(known);
      if (member === undefined) return false;
      members.push(member);
    }
    return this.#matchItems(
      pattern.entries.map(([, item]) => item),
      members,
      0,
      next,
    );
  }

  #areEqual(a: RegoValue, b: RegoValue): boolean {
    this.#budget.charge(a);
    this.#budget.charge(b);
    return equalValues(a, b);
  }

  /** Matches each of a function's parameters with what is given for it. */
  matchAll(patterns: readonly Operand[], values: readonly RegoValue[], next: Next): boolean {
    return this.#matchItems(patterns, values, 0, next);
  }

  #matchItems(patterns: readonly Operand[], values: readonly RegoValue[], at: number, next: Next): boolean {
    if (at === patterns.length) return next();
    const rest = (): boolean => this.#matchItems(patterns, values, at + 1, next);
    return this.match(patterns[at] as Operand, values[at] as RegoValue, rest);
  }

  #bind(slot: Slot, value: RegoValue, next: Next): boolean {
    this.#bound[slot] = value;
    try {
      return next();
    } finally {
      this.#bound[slot] = undefined;
    }
  }

  /** The only value of an operand; undefined where it has none. */
  value(operand: Operand): RegoValue | undefined {
    let found: RegoValue | undefined;
    this.each(operand, (value) => {
      found = value;
      return true;
    });
    return found;
  }

  /** Every value of an operand. */
  each(operand: Operand, next: NextValue): boolean {
    switch (operand.kind) {
      case "constant":
        return next(operand.value);
      case "local": {
        const value = this.#bound[operand.slot];
        return value !== undefined && next(value);
      }
      case "input":
        return this.#documents.input !== undefined && next(this.#documents.input);
      case "member": {
        const of = this.value(operand.of);
        return of !== undefined && this.walk(of, operand.steps, 0, next);
      }
      case "document":
        return this.#documents.walk(operand.steps, this, next);
      default: {
        const value = this.#computed(operand);
        return value !== undefined && next(value);
      }
    }
  }

  /** Members of members of a value, by the steps from `at` on. */
  walk(value: RegoValue, steps: readonly Operand[], at: number, next: NextValue): boolean {
    const step = steps[at];
    if (step === undefined) return next(value);
    this.#budget.step();
    if (this.isBound(step)) {
      const key = this.value(step);
      if (key !== undefined) this.#budget.charge(key);
      const member = key === undefined ? undefined : memberOf(value, key);
      return member !== undefined && this.walk(member, steps, at + 1, next);
    }
    return this.#members(value, (key, member) =>
      this.match(step, key, () => this.walk(member, steps, at + 1, next)),
    );
  }

  /** What has one value at the most. */
  #computed(operand: Operand): RegoValue | undefined {
    switch (operand.kind) {
      case "builtin": {
        const given = this.#all(operand.arguments);
        this.#budget.step();
        if (given === undefined) return undefined;
        if (!operand.isCheap) for (const value of given) this.#budget.charge(value);
        return operand.apply(given, this.#budget);
      }
      case "function": {
        const given = this.#all(operand.arguments);
        return given && this.#documents.call(operand.group, given);
      }
      case "array":
        return this.#all(operand.items);
      case "set": {
        const items = this.#all(operand.items);
        for (const item of items ?? []) this.#budget.charge(item);
        return items && new RegoSet(items);
      }
      case "object": {
        const keys = this.#all(operand.entries.map(([key]) => key));
        const values = this.#all(operand.entries.map(([, value]) => value));
        for (const key of keys ?? []) this.#budget.charge(key);
        return keys && values && new RegoObject(keys.map((key, i) => [key, values[i] as RegoValue]));
      }
      case "comprehension":
        return this.#comprehension(operand);
      default:
        return undefined;
    }
  }

  #all(operands: readonly Operand[]): RegoValue[] | undefined {
    const values: RegoValue[] = [];
    for (const operand of operands) {
      const value = this.value(operand);
      if (value === undefined) return undefined;
      values.push(value);
    }
    this.#budget.allocate(values.length);
    return values;
  }

  #comprehension({ makes, key, value, body }: Operand & { readonly kind: "comprehension" }): RegoValue {
    const values: RegoValue[] = [];
    const object = new Entries("an object comprehension", this.#budget);
    this.body(body, () => {
      const member = this.value(value);
      const name = key && this.value(key);
      if (member === undefined || (key !== undefined && name === undefined)) return false;
      this.#budget.allocate(1);
      if (makes !== "array") this.#budget.charge(name ?? member);
      if (name === undefined) values.push(member);
      else object.add(name, member);
      return false;
    });
    if (makes === "array") return values;
    return makes === "set" ? new RegoSet(values) : object.object();
  }
}
