/** What a builtin is, and how arguments are taken for what they should be. */
import type { Allocation, Builtin } from "./program.ts";
import { isArray, RegoObject, RegoSet, type RegoValue } from "./value.ts";

/** A builtin and how many arguments it takes. */
export interface BuiltinEntry {
  readonly arity: readonly [least: number, most: number];
  readonly apply: Builtin;
  /** Whether it looks at no more of its arguments than their kind and size. */
  readonly isCheap?: boolean;
}

/** A row of a table of builtins. */
export type NamedBuiltin = readonly [name: string, entry: BuiltinEntry];

/** A builtin of one argument. */
export function unary(
  name: string,
  apply: (a: RegoValue, budget: Allocation) => RegoValue | undefined,
): NamedBuiltin {
  return [name, { arity: [1, 1], apply: ([a], budget) => (a === undefined ? undefined : apply(a, budget)) }];
}

/** A builtin that looks at no more of its arguments than their kind and size. */
export function cheap([name, entry]: NamedBuiltin): NamedBuiltin {
  return [name, { ...entry, isCheap: true }];
}

/** A builtin of two arguments. */
export function binary(
  name: string,
  apply: (a: RegoValue, b: RegoValue, budget: Allocation) => RegoValue | undefined,
): NamedBuiltin {
  return [
    name,
    {
      arity: [2, 2],
      apply: ([a, b], budget) => (a === undefined || b === undefined ? undefined : apply(a, b, budget)),
    },
  ];
}

/** A builtin of three arguments. */
export function ternary(
  name: string,
  apply: (a: RegoValue, b: RegoValue, c: RegoValue, budget: Allocation) => RegoValue | undefined,
): NamedBuiltin {
  return [
    name,
    {
      arity: [3, 3],
      apply: ([a, b, c], budget) =>
        a === undefined || b === undefined || c === undefined ? undefined : apply(a, b, c, budget),
    },
  ];
}

/** Members of an array or a set; undefined for what is neither. */
export function membersOf(value: RegoValue): readonly RegoValue[] | undefined {
  if (isArray(value)) return value;
  return value instanceof RegoSet ? value.members() : undefined;
}

/** Values of any collection: of an object those of its keys. */
export function valuesOf(value: RegoValue): readonly RegoValue[] | undefined {
  if (value instanceof RegoObject) return value.entries().map(([, member]) => member);
  return membersOf(value);
}

/** All as texts; undefined where one is none. */
export function textsOf(value: RegoValue): readonly string[] | undefined {
  const members = membersOf(value);
  return members?.every((member) => typeof member === "string") ? members : undefined;
}

/** All as numbers; undefined where one is none. */
export function numbersOf(value: RegoValue): readonly number[] | undefined {
  const members = membersOf(value);
  return members?.every((member) => typeof member === "number") ? members : undefined;
}
