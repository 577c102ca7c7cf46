/**
 * From a rule as it was written to one that can be evaluated: names become
 * variables, documents, builtins or functions, and lines get an order.
 */
import type { Alternative, Literal, Module, Position, Rule, Term, VariableTerm } from "./ast.ts";
import { builtinOf } from "./builtins.ts";
import { fromJson } from "./json.ts";
import type { Clause, CompiledRule, Line, Operand, RuleGroup, Slot } from "./program.ts";
import { regoError, regoSyntaxError, regoUnsupported } from "./rego-error.ts";
import { orderLines, unboundIn } from "./safety.ts";
import { declaredNames, namesIn, namesOf, patternNames, Scope, Slots } from "./scope.ts";

/** What a module's names can mean besides variables. */
export interface ModuleNames {
  readonly module: Module;
  /** Names of the rules of the module's package, in whichever module they stand. */
  readonly rules: ReadonlySet<string>;
  readonly imports: ReadonlyMap<string, readonly string[]>;
  /** A function by its full path; undefined where there is none. */
  readonly functionAt: (path: readonly string[]) => RuleGroup | undefined;
}

const operators: ReadonlySet<string> = new Set(["equal", "neq", "lt", "lte", "gt", "gte"]);

/** Resolves one rule. @throws {FormatError} for what cannot be, with line and column. */
export function resolveRule(rule: Rule, names: ModuleNames): CompiledRule {
  return new Resolver(names).rule(rule);
}

class Resolver {
  readonly #names: ModuleNames;
  readonly #slots: Slots = new Slots();
  /** Names of the variables, by slot, for errors. */
  readonly #slotNames: string[] = [];

  constructor(names: ModuleNames) {
    this.#names = names;
  }

  rule(rule: Rule): CompiledRule {
    const scope = new Scope(this.#slots);
    for (const parameter of rule.parameters) {
      for (const variable of patternNames(parameter)) {
        if (variable.name !== "_") this.#declareParameter(scope, variable);
      }
    }
    const parameters = rule.parameters.map((parameter) => this.#parameter(parameter, scope));
    const bound = new Set(parameters.flatMap((parameter) => unboundIn(parameter, new Set())));
    const first: Alternative | undefined = rule.value && { at: rule.at, value: rule.value, body: rule.body };
    const written = first ? [first, ...rule.otherwise] : [{ at: rule.at, body: rule.body }];
    const clauses = written.map((clause) => this.#clause(clause, rule.key, scope, bound));
    return { at: rule.at, slots: this.#slots.count, parameters, clauses };
  }

  /** A name that stands twice among the parameters is one variable: both must be equal. */
  #declareParameter(scope: Scope, { name }: VariableTerm): void {
    const slot = scope.declare(name);
    if (slot !== undefined) this.#slotNames[slot] = name;
  }

  #parameter(term: Term, scope: Scope): Operand {
    if (term.kind === "call" || term.kind === "reference" || term.kind === "comprehension") {
      throw regoUnsupported(this.#names.module.name, term.at, "such a parameter of a function");
    }
    return this.#operand(term, scope, []);
  }

  #clause(
    { body, value, at }: { readonly at: Position; readonly body: readonly Literal[]; readonly value?: Term },
    key: Term | undefined,
    around: Scope,
    bound: ReadonlySet<Slot>,
  ): Clause {
    const scope = new Scope(this.#slots, around);
    const heads = [key, value].filter((term) => term !== undefined);
    this.#declare(scope, body, heads);
    const lines: Line[] = [];
    for (const literal of body) lines.push(...this.#lines(literal, scope));
    const resolved = heads.map((term) => this.#operand(term, scope, lines));
    const now = new Set(bound);
    const ordered = this.#ordered(lines, now);
    for (const operand of resolved) this.#checkBound(operand, now, at);
    const [keyOperand] = key ? resolved : [];
    const valueOperand = value ? resolved.at(-1) : undefined;
    return {
      body: ordered,
      ...(keyOperand && { key: keyOperand }),
      ...(valueOperand && { value: valueOperand }),
    };
  }

  /** Declares what lines declare, and takes names that mean nothing else to be variables. */
  #declare(scope: Scope, body: readonly Literal[], more: readonly Term[]): void {
    for (const { name, at } of declaredNames(body)) {
      if (name === "_") continue;
      const slot = scope.declare(name);
      if (slot === undefined)
        throw regoSyntaxError(this.#names.module.name, at, `\`${name}\` is declared twice`);
      this.#slotNames[slot] = name;
    }
    for (const name of [...namesIn(body), ...more.flatMap(namesOf)]) {
      if (name === "_" || this.#isDocument(name)) continue;
      scope.imply(name);
      const slot = scope.find(name);
      if (slot !== undefined) this.#slotNames[slot] = name;
    }
  }

  #isDocument(name: string): boolean {
    return (
      name === "data" || name === "input" || this.#names.rules.has(name) || this.#names.imports.has(name)
    );
  }

  #ordered(lines: readonly Line[], bound: Set<Slot>): readonly Line[] {
    const ordered = orderLines(lines, bound);
    if (!("slots" in ordered)) return ordered;
    throw this.#unsafe(ordered.at, ordered.slots);
  }

  #checkBound(operand: Operand, bound: ReadonlySet<Slot>, at: Position): void {
    const missing = unboundIn(operand, bound);
    if (missing.length > 0) throw this.#unsafe(at, missing);
  }

  #unsafe(at: Position, slots: readonly Slot[]): Error {
    const names = [...new Set(slots.map((slot) => `\`${this.#slotNames[slot] ?? "_"}\``))].join(", ");
    return regoError("bad-rule", this.#names.module.name, at, `nothing binds ${names || "`_`"}`);
  }

  /** A line, and before it those that its own need. */
  #lines(literal: Literal, scope: Scope): Line[] {
    const lines: Line[] = [];
    const { at } = literal;
    switch (literal.kind) {
      case "some":
        break;
      case "expression":
        if (this.#isPrint(literal.term)) break;
        lines.push({ kind: "test", at, operand: this.#top(literal.term, scope, lines) });
        break;
      case "unify":
      case "assign": {
        const left = this.#top(literal.left, scope, lines);
        lines.push({ kind: "unify", at, left, right: this.#top(literal.right, scope, lines) });
        break;
      }
      case "someIn": {
        const collection = this.#operand(literal.collection, scope, lines);
        const value = this.#operand(literal.value, scope, lines);
        const key = literal.key && this.#operand(literal.key, scope, lines);
        lines.push({ kind: "each", at, collection, value, ...(key && { key }) });
        break;
      }
      case "not": {
        if (namesIn([literal.literal]).includes("_")) throw this.#unsafe(literal.literal.at, []);
        const { body, outer } = this.#closure([literal.literal], scope, []);
        lines.push({ kind: "not", at, body, outer });
        break;
      }
      default:
        lines.push(this.#every(literal, scope, lines));
    }
    return lines;
  }

  /** What prints is left out, as in OPA where nobody looks at what is printed. */
  #isPrint(term: Term): boolean {
    return term.kind === "call" && term.name.join(".") === "print" && !this.#names.rules.has("print");
  }

  #every(literal: Literal & { readonly kind: "every" }, scope: Scope, lines: Line[]): Line {
    const { at, key, value, body } = literal;
    const collection = this.#operand(literal.collection, scope, lines);
    const inner = new Scope(this.#slots, scope);
    const [keySlot, valueSlot] = [key, value].map((variable) => {
      if (variable === undefined) return undefined;
      const slot = variable.name === "_" ? this.#slots.next() : inner.declare(variable.name);
      if (slot === undefined)
        throw regoSyntaxError(this.#names.module.name, at, "`every` names one variable twice");
      this.#slotNames[slot] = variable.name;
      return slot;
    });
    const own = [keySlot, valueSlot].filter((slot) => slot !== undefined);
    const closure = this.#closure(body, inner, own);
    const outer = [...new Set([...closure.outer, ...inner.outer])].filter((slot) => !own.includes(slot));
    return {
      kind: "every",
      at,
      value: valueSlot as Slot,
      collection,
      body: closure.body,
      outer,
      ...(keySlot !== undefined && { key: keySlot }),
    };
  }

  /** Lines in a scope of their own. `bound` are bound when they begin, besides what lies around. */
  #closure(
    body: readonly Literal[],
    around: Scope,
    bound: readonly Slot[],
    heads: readonly Term[] = [],
  ): { readonly body: readonly Line[]; readonly outer: readonly Slot[]; readonly heads: readonly Operand[] } {
    const scope = new Scope(this.#slots, around);
    this.#declare(scope, body, heads);
    const lines: Line[] = [];
    for (const literal of body) lines.push(...this.#lines(literal, scope));
    const operands = heads.map((term) => this.#operand(term, scope, lines));
    const { outer } = scope;
    const now = new Set([...outer, ...bound]);
    const ordered = this.#ordered(lines, now);
    for (const [i, operand] of operands.entries()) this.#checkBound(operand, now, (heads[i] as Term).at);
    return { body: ordered, outer, heads: operands };
  }

  /** An operand of a line's own: it may take each member of something in turn. */
  #top(term: Term, scope: Scope, lines: Line[]): Operand {
    if (term.kind === "reference") return this.#reference(term, scope, lines);
    return this.#operand(term, scope, lines);
  }

  /** An operand with one value: what takes each member in turn gets a line of its own before. */
  #operand(term: Term, scope: Scope, lines: Line[]): Operand {
    switch (term.kind) {
      case "scalar":
        return { kind: "constant", value: term.value };
      case "json":
        return { kind: "constant", value: fromJson(term.value) };
      case "variable":
        return this.#variable(term, scope);
      case "reference":
        return this.#flattened(this.#reference(term, scope, lines), term.at, lines);
      case "call":
        return this.#call(term, scope, lines);
      case "array":
      case "set":
        return { kind: term.kind, items: term.items.map((item) => this.#operand(item, scope, lines)) };
      case "object": {
        const entries = term.entries.map(
          ([key, value]) => [this.#operand(key, scope, lines), this.#operand(value, scope, lines)] as const,
        );
        return { kind: "object", entries };
      }
      default: {
        const heads = term.key ? [term.key, term.value] : [term.value];
        const closure = this.#closure(term.body, scope, [], heads);
        const { body, outer } = closure;
        const value = closure.heads.at(-1) as Operand;
        const key = term.key && closure.heads[0];
        return { kind: "comprehension", makes: term.makes, value, body, outer, ...(key && { key }) };
      }
    }
  }

  #flattened(operand: Operand, at: Position, lines: Line[]): Operand {
    const takesEach =
      "steps" in operand && operand.steps.some(({ kind }) => kind === "local" || kind === "array");
    if (!takesEach) return operand;
    const slot = this.#slots.next();
    const variable: Operand = { kind: "local", slot, name: "_", at };
    lines.push({ kind: "unify", at, left: variable, right: operand });
    return variable;
  }

  #variable({ name, at }: VariableTerm, scope: Scope): Operand {
    if (name === "_") return { kind: "local", slot: this.#slots.next(), name, at };
    const slot = scope.lookUp(name);
    if (slot !== undefined) return { kind: "local", slot, name, at };
    if (name === "input") return { kind: "input" };
    if (name === "data") return { kind: "document", steps: [], at };
    const path = this.#names.rules.has(name) ? [...this.#names.module.path, name] : undefined;
    const imported = path ?? this.#names.imports.get(name)?.slice();
    if (imported === undefined)
      throw regoError("bad-rule", this.#names.module.name, at, `nothing is called \`${name}\``);
    const root = path ? "data" : imported.shift();
    const steps = imported.map((value): Operand => ({ kind: "constant", value }));
    if (root === "data") return { kind: "document", steps, at };
    return steps.length === 0 ? { kind: "input" } : { kind: "member", of: { kind: "input" }, steps };
  }

  #reference(term: Term & { readonly kind: "reference" }, scope: Scope, lines: Line[]): Operand {
    const steps = term.steps.map((step) => this.#operand(step, scope, lines));
    const head = this.#operand(term.head, scope, lines);
    if (head.kind === "document") return { ...head, steps: [...head.steps, ...steps] };
    if (head.kind === "member") return { ...head, steps: [...head.steps, ...steps] };
    return { kind: "member", of: head, steps };
  }

  #call(term: Term & { readonly kind: "call" }, scope: Scope, lines: Line[]): Operand {
    const { at } = term;
    const given = term.arguments.map((argument) => this.#operand(argument, scope, lines));
    const group = this.#names.functionAt(this.#functionPath(term.name));
    const name = term.name.join(".");
    if (group !== undefined) {
      this.#checkArity(name, given.length, [group.arity, group.arity], at);
      return { kind: "function", group, arguments: given, at };
    }
    const builtin = builtinOf(name);
    if (builtin === undefined) {
      const { module } = this.#names;
      throw regoUnsupported(module.name, at, `the function \`${name}\``);
    }
    this.#checkArity(name, given.length, builtin.arity, at);
    const { apply, isCheap = false } = builtin;
    return { kind: "builtin", name, apply, isCheap, arguments: given };
  }

  #functionPath([first = "", ...rest]: readonly string[]): readonly string[] {
    if (first === "data") return rest;
    const imported = this.#names.imports.get(first);
    if (imported?.[0] === "data" && rest.length > 0) return [...imported.slice(1), ...rest];
    return [...this.#names.module.path, first, ...rest];
  }

  #checkArity(name: string, given: number, [least, most]: readonly [number, number], at: Position): void {
    if (given >= least && given <= most) return;
    const what = operators.has(name) ? "the operator" : `\`${name}\``;
    throw regoError(
      "bad-rule",
      this.#names.module.name,
      at,
      `${what} takes ${least} arguments, not ${given}`,
    );
  }
}
