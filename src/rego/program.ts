/** A policy as it is evaluated: names resolved, lines in an order in which each can be done. */
import type { RE2JS } from "re2js";
import type { Position } from "./ast.ts";
import type { RegoValue } from "./value.ts";

/** Where a rule's variable lies in its frame. */
export type Slot = number;

/** What is asked of a value or a document: a member by a known key, or each in turn. */
export type Step = Operand;

/** Anything that has a value, or several. */
export type Operand =
  | { readonly kind: "constant"; readonly value: RegoValue }
  | { readonly kind: "local"; readonly slot: Slot; readonly name: string; readonly at: Position }
  | { readonly kind: "input" }
  /** A member of a value; steps that are no bound variables take each member in turn. */
  | { readonly kind: "member"; readonly of: Operand; readonly steps: readonly Step[] }
  /** A member of all documents: of rules by their package, and of the data given. */
  | { readonly kind: "document"; readonly steps: readonly Step[]; readonly at: Position }
  | {
      readonly kind: "builtin";
      readonly name: string;
      readonly apply: Builtin;
      /** Whether it looks at no more of its arguments than their kind and size. */
      readonly isCheap: boolean;
      readonly arguments: readonly Operand[];
    }
  | {
      readonly kind: "function";
      readonly group: RuleGroup;
      readonly arguments: readonly Operand[];
      readonly at: Position;
    }
  | { readonly kind: "array" | "set"; readonly items: readonly Operand[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [key: Operand, value: Operand])[] }
  | {
      readonly kind: "comprehension";
      readonly makes: "array" | "set" | "object";
      readonly key?: Operand;
      readonly value: Operand;
      readonly body: readonly Line[];
      /** Variables of around it that it reads. */
      readonly outer: readonly Slot[];
    };

/** A line of a body. */
export type Line =
  | { readonly kind: "test"; readonly at: Position; readonly operand: Operand }
  | { readonly kind: "unify"; readonly at: Position; readonly left: Operand; readonly right: Operand }
  | {
      readonly kind: "each";
      readonly at: Position;
      readonly key?: Operand;
      readonly value: Operand;
      readonly collection: Operand;
    }
  | {
      readonly kind: "every";
      readonly at: Position;
      readonly key?: Slot;
      readonly value: Slot;
      readonly collection: Operand;
      readonly body: readonly Line[];
      readonly outer: readonly Slot[];
    }
  | {
      readonly kind: "not";
      readonly at: Position;
      readonly body: readonly Line[];
      readonly outer: readonly Slot[];
    };

/** A builtin: undefined where the arguments are not what it takes, as where it has no result. */
export type Builtin = (given: readonly RegoValue[], budget: Allocation) => RegoValue | undefined;

/** Who counts what a builtin makes. */
export interface Allocation {
  /** @throws {StateError} `exhausted` past the limit. */
  allocate(units: number): void;
  /** Regular expressions of this evaluation; undefined for what is none. */
  readonly expressions: Map<string, RE2JS | undefined>;
}

/** One body of a rule and what comes of it. */
export interface Clause {
  readonly body: readonly Line[];
  /** Of a partial set the member, of a partial object the key. */
  readonly key?: Operand;
  readonly value?: Operand;
}

/** One rule; its clauses are tried in order until one holds (`else`). */
export interface CompiledRule {
  readonly at: Position;
  readonly slots: number;
  readonly parameters: readonly Operand[];
  readonly clauses: readonly Clause[];
}

/** All rules of one name in one package. */
export interface RuleGroup {
  /** `data.framework.mount_device`. */
  readonly name: string;
  readonly kind: "value" | "set" | "object" | "function";
  /** Of a function. */
  readonly arity: number;
  readonly rules: readonly CompiledRule[];
  readonly default: CompiledRule | undefined;
}

/** Packages and rules by their names. */
export interface PackageNode {
  readonly children: Map<string, PackageNode>;
  readonly rules: Map<string, RuleGroup>;
}
