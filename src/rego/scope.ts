/** Which variable a name means: a rule's body and what lies in it (comprehensions, `every`, `not`) are scopes. */
import type { Literal, Term, VariableTerm } from "./ast.ts";
import type { Slot } from "./program.ts";

/** The variables of one rule, numbered. */
export class Slots {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  next(): Slot {
    this.#count += 1;
    return this.#count - 1;
  }
}

/** The names of one body. */
export class Scope {
  readonly slots: Slots;
  readonly #parent: Scope | undefined;
  readonly #names: Map<string, Slot> = new Map();
  readonly #declared: Set<string> = new Set();
  /** Variables of around it that were looked up from here or from below. */
  readonly #outer: Set<Slot> = new Set();

  constructor(slots: Slots, parent?: Scope) {
    this.slots = slots;
    this.#parent = parent;
  }

  /** Slots of around this scope that it uses. */
  get outer(): readonly Slot[] {
    return [...this.#outer];
  }

  /** Declares a name here. @returns undefined where this scope has declared it already. */
  declare(name: string): Slot | undefined {
    if (this.#declared.has(name)) return undefined;
    this.#declared.add(name);
    return this.#add(name);
  }

  /** Takes a name that nobody has declared to be a variable of this scope, unless it is one of around it. */
  imply(name: string): void {
    if (this.find(name) === undefined) this.#add(name);
  }

  /** The variable of a name; undefined where it is none. */
  lookUp(name: string): Slot | undefined {
    const own = this.#names.get(name);
    if (own !== undefined) return own;
    const slot = this.#parent?.lookUp(name);
    if (slot !== undefined) this.#outer.add(slot);
    return slot;
  }

  /** As `lookUp`, without taking note of it. */
  find(name: string): Slot | undefined {
    return this.#names.get(name) ?? this.#parent?.find(name);
  }

  #add(name: string): Slot {
    const slot = this.slots.next();
    this.#names.set(name, slot);
    return slot;
  }
}

/** Names that lines declare: by `some` and `:=`. */
export function declaredNames(lines: readonly Literal[]): VariableTerm[] {
  return lines.flatMap((line) => {
    if (line.kind === "some") return [...line.names];
    if (line.kind === "assign") return patternNames(line.left);
    if (line.kind === "someIn")
      return [...(line.key ? patternNames(line.key) : []), ...patternNames(line.value)];
    return [];
  });
}

/** Variables of a pattern: of arrays and of the values of objects, at any depth. */
export function patternNames(term: Term): VariableTerm[] {
  if (term.kind === "variable") return [term];
  if (term.kind === "array") return term.items.flatMap(patternNames);
  if (term.kind === "object") return term.entries.flatMap(([, value]) => patternNames(value));
  return [];
}

/**
 * Names in lines, without those in comprehensions and `every` within them. What `not` stands before
 * binds nothing, so that its names are those of the body around it.
 */
export function namesIn(lines: readonly Literal[]): string[] {
  return lines.flatMap((line) => {
    if (line.kind === "expression") return namesOf(line.term);
    if (line.kind === "unify" || line.kind === "assign")
      return [...namesOf(line.left), ...namesOf(line.right)];
    if (line.kind === "not") return namesIn([line.literal]);
    if (line.kind === "every") return namesOf(line.collection);
    if (line.kind === "someIn") {
      return [...(line.key ? namesOf(line.key) : []), ...namesOf(line.value), ...namesOf(line.collection)];
    }
    return [];
  });
}

/** Names in a term, without those in comprehensions within it. */
export function namesOf(term: Term): string[] {
  switch (term.kind) {
    case "variable":
      return [term.name];
    case "reference":
      return [...namesOf(term.head), ...term.steps.flatMap(namesOf)];
    case "call":
      return term.arguments.flatMap(namesOf);
    case "array":
    case "set":
      return term.items.flatMap(namesOf);
    case "object":
      return term.entries.flatMap(([key, value]) => [...namesOf(key), ...namesOf(value)]);
    default:
      return [];
  }
}
