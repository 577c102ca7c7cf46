/**
 * Builtins by their names, operators among them: those that policies of
 * confidential containers and their framework use, and their near relatives. As
 * in OPA, one whose arguments are not what it takes has no result.
 */

import type { BuiltinEntry } from "./builtin.ts";
import { collectionBuiltins } from "./builtins-collections.ts";
import { encodingBuiltins } from "./builtins-encoding.ts";
import { numberBuiltins } from "./builtins-numbers.ts";
import { regexBuiltins } from "./builtins-regex.ts";
import { textBuiltins } from "./builtins-text.ts";
import { typeBuiltins } from "./builtins-types.ts";

const builtins: ReadonlyMap<string, BuiltinEntry> = new Map([
  ...typeBuiltins,
  ...numberBuiltins,
  ...textBuiltins,
  ...encodingBuiltins,
  ...regexBuiltins,
  ...collectionBuiltins,
]);

/** The builtin of a name; undefined where there is none. */
export function builtinOf(name: string): BuiltinEntry | undefined {
  return builtins.get(name);
}

/** The names of all builtins that are not operators, for the documentation's test. */
export function builtinNames(): string[] {
  return [...builtins.keys()].sort();
}
