/** A module as it was written, and where: what the parser makes and the compiler reads. */

import type { JsonValue } from "./json.ts";

/** Where something stands in a module's text; both count from 1. */
export interface Position {
  readonly line: number;
  /** In UTF-16 units. */
  readonly column: number;
}

/** A module: one file of a policy. */
export interface Module {
  /** Names it in messages. */
  readonly name: string;
  /** `["framework"]` for `package framework`. */
  readonly path: readonly string[];
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
}

/** `import data.a.b as c`: the name `c` stands for `data.a.b`. */
export interface Import {
  readonly at: Position;
  readonly path: readonly string[];
  readonly alias: string;
}

/** What a rule adds to what its name stands for. */
export type RuleKind = "value" | "set" | "object" | "function";

/** A rule, or one of several of one name. */
export interface Rule {
  readonly at: Position;
  readonly name: string;
  readonly kind: RuleKind;
  /** `default name := value`. */
  readonly isDefault: boolean;
  /** Of a function. */
  readonly parameters: readonly Term[];
  /** Of a partial set the member, of a partial object the key. */
  readonly key?: Term;
  readonly body: readonly Literal[];
  /** Of everything but a partial set; `true` where none is written. */
  readonly value?: Term;
  /** `else`: tried in order where the body before fails. */
  readonly otherwise: readonly Alternative[];
}

/** One `else`. */
export interface Alternative {
  readonly at: Position;
  readonly value: Term;
  readonly body: readonly Literal[];
}

/** One line of a body. */
export type Literal =
  | { readonly kind: "expression"; readonly at: Position; readonly term: Term }
  | { readonly kind: "not"; readonly at: Position; readonly literal: Literal }
  | { readonly kind: "some"; readonly at: Position; readonly names: readonly VariableTerm[] }
  | {
      readonly kind: "someIn";
      readonly at: Position;
      readonly key?: Term;
      readonly value: Term;
      readonly collection: Term;
    }
  | {
      readonly kind: "every";
      readonly at: Position;
      readonly key?: VariableTerm;
      readonly value: VariableTerm;
      readonly collection: Term;
      readonly body: readonly Literal[];
    }
  /** `=` binds what is not bound on either side, `:=` declares what is on the left. */
  | {
      readonly kind: "unify" | "assign";
      readonly at: Position;
      readonly left: Term;
      readonly right: Term;
    };

/** A name: a variable, or what the module or an import calls so. `_` is a new one each time. */
export interface VariableTerm {
  readonly kind: "variable";
  readonly at: Position;
  readonly name: string;
}

/** Anything that has a value. */
export type Term =
  | { readonly kind: "scalar"; readonly at: Position; readonly value: null | boolean | number | string }
  /** A list or object that is JSON. */
  | { readonly kind: "json"; readonly at: Position; readonly value: JsonValue }
  | VariableTerm
  | {
      readonly kind: "reference";
      readonly at: Position;
      readonly head: Term;
      readonly steps: readonly Term[];
    }
  /** A builtin, an operator by its builtin's name (`plus`), or a function: names joined by dots. */
  | {
      readonly kind: "call";
      readonly at: Position;
      readonly name: readonly string[];
      readonly arguments: readonly Term[];
    }
  | { readonly kind: "array"; readonly at: Position; readonly items: readonly Term[] }
  | { readonly kind: "set"; readonly at: Position; readonly items: readonly Term[] }
  | {
      readonly kind: "object";
      readonly at: Position;
      readonly entries: readonly (readonly [key: Term, value: Term])[];
    }
  | {
      readonly kind: "comprehension";
      readonly at: Position;
      readonly makes: "array" | "set" | "object";
      /** Of an object. */
      readonly key?: Term;
      readonly value: Term;
      readonly body: readonly Literal[];
    };
