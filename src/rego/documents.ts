/**
 * What `data` and `input` are during one evaluation: rules, evaluated once when
 * they are first asked for, and the data given, side by side.
 */
import type { Budget } from "./budget.ts";
import { Constants } from "./constants.ts";
import { Entries } from "./entries.ts";
import { type DocumentSource, Frame, type NextValue } from "./evaluation.ts";
import type { Clause, CompiledRule, Operand, PackageNode, RuleGroup } from "./program.ts";
import { regoConflict } from "./rego-error.ts";
import { equalValues, RegoObject, RegoSet, type RegoValue } from "./value.ts";

/** See the head of this file. */
export class Documents implements DocumentSource {
  readonly input: RegoValue | undefined;
  readonly #root: PackageNode;
  readonly #data: RegoObject;
  readonly #budget: Budget;
  readonly #constants: Constants;
  readonly #known: Map<RuleGroup, RegoValue | undefined> = new Map();

  constructor(
    root: PackageNode,
    data: RegoObject,
    input: RegoValue | undefined,
    budget: Budget,
    constants: Constants = new Constants(root),
  ) {
    this.#root = root;
    this.#constants = constants;
    this.#data = data;
    this.input = input;
    this.#budget = budget;
  }

  /** The value of a document by the names that lead to it. */
  value(path: readonly string[]): RegoValue | undefined {
    const steps = path.map((value): Operand => ({ kind: "constant", value }));
    let found: RegoValue | undefined;
    this.walk(steps, new Frame(0, this, this.#budget), (value) => {
      found = value;
      return true;
    });
    return found;
  }

  walk(steps: readonly Operand[], frame: Frame, next: NextValue): boolean {
    return this.#walk({ node: this.#root, base: this.#data }, steps, 0, frame, next);
  }

  #walk(place: Place, steps: readonly Operand[], at: number, frame: Frame, next: NextValue): boolean {
    const step = steps[at];
    if (step === undefined) {
      const whole = this.#whole(place);
      return whole !== undefined && next(whole);
    }
    this.#budget.step();
    const behind = (key: RegoValue): boolean => {
      const inside = this.#member(place, key);
      if (inside === undefined) return false;
      if ("value" in inside) return frame.walk(inside.value, steps, at + 1, next);
      return this.#walk(inside, steps, at + 1, frame, next);
    };
    if (frame.isBound(step)) {
      const key = frame.value(step);
      return key !== undefined && behind(key);
    }
    return keysOf(place).some((key) => frame.match(step, key, () => behind(key)));
  }

  /** A member of a place: a place again where a package goes on, else a value. Rules go before data. */
  #member({ node, base }: Place, key: RegoValue): Place | { readonly value: RegoValue } | undefined {
    const given = base instanceof RegoObject ? base.get(key) : undefined;
    const child = typeof key === "string" ? node.children.get(key) : undefined;
    const group = typeof key === "string" ? node.rules.get(key) : undefined;
    const value = group && group.kind !== "function" ? this.#value(group) : undefined;
    if (value !== undefined) return { value };
    if (child !== undefined) return { node: child, base: given };
    return given === undefined || group !== undefined ? undefined : { value: given };
  }

  /** A package as a value, with what is given beside it. */
  #whole(place: Place): RegoValue | undefined {
    const members: [RegoValue, RegoValue][] = [];
    for (const key of keysOf(place)) {
      const inside = this.#member(place, key);
      const value = inside && ("value" in inside ? inside.value : this.#whole(inside));
      if (value !== undefined) members.push([key, value]);
    }
    return new RegoObject(members);
  }

  /** What a rule's name stands for; undefined where no rule of the name holds. */
  #value(group: RuleGroup): RegoValue | undefined {
    if (this.#known.has(group)) return this.#known.get(group);
    const value = this.#constants.valueOf(group, this.#budget, () =>
      this.#budget.nested(() => this.#evaluate(group)),
    );
    this.#known.set(group, value);
    return value;
  }

  #evaluate(group: RuleGroup): RegoValue | undefined {
    if (group.kind === "set") return this.#set(group);
    if (group.kind === "object") return this.#object(group);
    const value = this.#complete(group, []);
    if (value !== undefined || group.default === undefined) return value;
    return this.#complete({ ...group, rules: [group.default] }, []);
  }

  /**
   * Calls a function.
   *
   * @throws {FormatError} `bad-rule` where two of its rules give different values.
   */
  call(group: RuleGroup, given: readonly RegoValue[]): RegoValue | undefined {
    this.#budget.step();
    return this.#budget.nested(() => this.#complete(group, given));
  }

  /** The one value that all rules which hold give. */
  #complete({ rules, name }: RuleGroup, given: readonly RegoValue[]): RegoValue | undefined {
    let found: RegoValue | undefined;
    for (const rule of rules) {
      const frame = this.#frame(rule);
      frame.matchAll(rule.parameters, given, () => {
        for (const clause of rule.clauses) {
          const value = this.#clause(clause, frame, name);
          if (value === undefined) continue;
          if (found !== undefined) this.#budget.charge(value);
          if (found !== undefined && !equalValues(found, value)) throw regoConflict(`${name} has two values`);
          found = value;
          break;
        }
        return false;
      });
    }
    return found;
  }

  #clause({ body, value }: Clause, frame: Frame, name: string): RegoValue | undefined {
    let found: RegoValue | undefined;
    frame.body(body, () => {
      const each = value && frame.value(value);
      if (each === undefined) return false;
      if (found !== undefined) this.#budget.charge(each);
      if (found !== undefined && !equalValues(found, each)) throw regoConflict(`${name} has two values`);
      found = each;
      // A constant is what every further way gives too.
      return value?.kind === "constant";
    });
    return found;
  }

  #set({ rules }: RuleGroup): RegoSet {
    const members: RegoValue[] = [];
    for (const rule of rules) {
      this.#eachClause(rule, (frame, { key }) => {
        const member = key && frame.value(key);
        if (member === undefined) return;
        this.#budget.charge(member);
        members.push(member);
      });
    }
    return new RegoSet(members);
  }

  #object({ rules, name }: RuleGroup): RegoObject {
    const entries = new Entries(name, this.#budget);
    for (const rule of rules) {
      this.#eachClause(rule, (frame, { key, value }) => {
        const name = key && frame.value(key);
        const member = value && frame.value(value);
        if (name === undefined || member === undefined) return;
        this.#budget.charge(name);
        entries.add(name, member);
      });
    }
    return entries.object();
  }

  #eachClause(rule: CompiledRule, found: (frame: Frame, clause: Clause) => void): void {
    const frame = this.#frame(rule);
    for (const clause of rule.clauses) {
      frame.body(clause.body, () => {
        this.#budget.allocate(1);
        found(frame, clause);
        return false;
      });
    }
  }

  #frame({ slots }: CompiledRule): Frame {
    return new Frame(slots, this, this.#budget);
  }
}

/** A package, and what was given under its name. */
interface Place {
  readonly node: PackageNode;
  readonly base: RegoValue | undefined;
}

/** Keys of a package's members and of what was given, each once. */
function keysOf({ node, base }: Place): readonly RegoValue[] {
  const given = base instanceof RegoObject ? base.entries().map(([key]) => key) : [];
  return new RegoSet([...node.children.keys(), ...node.rules.keys(), ...given]).members();
}
