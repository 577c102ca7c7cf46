/** Patterns of a policy: RE2, each for a whole text. Compiled ones are kept, up to a number that no policy's own reach. */
import type { RE2JS } from "re2js";
import { compileRegex } from "../../rego/builtins-regex.ts";

const mostKept = 4096;

/** See the head of this file. */
export class Patterns {
  readonly #compiled: Map<string, RE2JS | undefined> = new Map();

  /** Whether a text matches a pattern, to which `^` and `$` are added where they are missing, around no group. */
  matchesWhole(pattern: string, text: string): boolean {
    const front = pattern.startsWith("^") ? "" : "^";
    return this.matches(`${front}${pattern}${pattern.endsWith("$") ? "" : "$"}`, text);
  }

  /** Whether a pattern is found in a text; what is no pattern never is. */
  matches(pattern: string, text: string): boolean {
    return this.#expression(pattern)?.matcher(text).find() ?? false;
  }

  #expression(pattern: string): RE2JS | undefined {
    if (this.#compiled.has(pattern)) return this.#compiled.get(pattern);
    if (this.#compiled.size === mostKept) this.#compiled.clear();
    const expression = compileRegex(pattern);
    this.#compiled.set(pattern, expression);
    return expression;
  }
}
