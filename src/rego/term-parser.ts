/** Terms: everything that has a value, with operators by their strength. */
import type { Literal, Position, Term } from "./ast.ts";
import { TokenCursor } from "./token-cursor.ts";

/** Operators from weak to strong, each with the builtin that it stands for. */
const operatorLevels: readonly Readonly<Record<string, string>>[] = [
  { "==": "equal", "!=": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte" },
  { "|": "or" },
  { "&": "and" },
  { "+": "plus", "-": "minus" },
  { "*": "mul", "/": "div", "%": "rem" },
];

const operators: ReadonlyMap<string, { readonly name: string; readonly level: number }> = new Map(
  operatorLevels.flatMap((names, level) =>
    Object.entries(names).map(([symbol, name]) => [symbol, { name, level }] as const),
  ),
);

const constants: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Symbols that no term goes on with. */
const ends: ReadonlySet<string> = new Set([",", ":", "]", "}"]);

/** Words that name nothing, in any version of the language. */
export const reserved: ReadonlySet<string> = new Set([
  "as",
  "default",
  "else",
  "false",
  "import",
  "not",
  "null",
  "package",
  "some",
  "true",
  "with",
]);

/** See the head of this file. */
export abstract class TermParser extends TokenCursor {
  /** The lines of a body, up to the symbol that ends it, which is taken too. */
  protected abstract bodyUntil(end: string): Literal[];

  /** Any term; `x in xs` among them. */
  protected term(): Term {
    return this.#alone() ?? this.nested(() => this.#membership(true));
  }

  /** `k, v in xs`, where a comma follows the key; else what was taken to be one. */
  protected entryOr(key: Term): Term {
    if (!this.isSymbol(",")) return key;
    this.take();
    const value = this.termBeforeIn();
    const { at } = this.token;
    if (!this.takeName("in")) throw this.unexpected("`in`");
    return call(at, "internal.member_3", [key, value, this.termBeforeIn()]);
  }

  /** A term in which `in` is not an operator. */
  protected termBeforeIn(): Term {
    return this.nested(() => this.#operation(0, true));
  }

  /** The head of what may be a comprehension: `|` ends it. */
  #head(): Term {
    return this.#alone() ?? this.nested(() => this.#membership(false));
  }

  /** A constant that its neighbour ends: what most of a policy is, found without going through all operators. */
  #alone(): Term | undefined {
    const { kind } = this.token;
    if (kind !== "text" && kind !== "number" && kind !== "name") return undefined;
    const next = this.ahead(1);
    if (next.kind !== "symbol" || !ends.has(next.text)) return undefined;
    return kind === "name" && !constants.has(this.token.text) ? undefined : this.#primary();
  }

  #membership(withOr: boolean): Term {
    const left = this.#operation(0, withOr);
    const { at } = this.token;
    if (!this.takeName("in")) return left;
    return call(at, "internal.member_2", [left, this.#operation(0, withOr)]);
  }

  /** A term with operators that are no weaker than of a level. */
  #operation(least: number, withOr: boolean): Term {
    let left = this.#postfix();
    for (;;) {
      const { kind, text, at } = this.token;
      const operator = kind === "symbol" ? operators.get(text) : undefined;
      if (operator === undefined || operator.level < least || (text === "|" && !withOr)) return left;
      this.take();
      left = call(at, operator.name, [left, this.#operation(operator.level + 1, withOr)]);
    }
  }

  /** A primary and what is asked of it: members, and calls of a name. */
  #postfix(): Term {
    const head = this.#primary();
    const steps: Term[] = [];
    const path = head.kind === "variable" ? [head.name] : undefined;
    let start: Term = head;
    for (;;) {
      const { at, spaced } = this.token;
      if (spaced) break;
      if (this.takeSymbol(".")) {
        const { text, at: nameAt } = this.expectName("a name");
        steps.push({ kind: "scalar", at: nameAt, value: text });
        path?.push(text);
      } else if (this.takeSymbol("[")) {
        steps.push(this.term());
        this.expectSymbol("]");
      } else if (path !== undefined && path.length === steps.length + 1 && this.isSymbol("(")) {
        this.take();
        start = { kind: "call", at: head.at, name: [...path], arguments: this.#list(")") };
        steps.length = 0;
        path.length = 0;
      } else {
        if (this.isSymbol("(")) throw this.malformed(at, "only what has a name is called");
        break;
      }
    }
    return steps.length === 0 ? start : { kind: "reference", at: head.at, head: start, steps };
  }

  #primary(): Term {
    const { kind, text, at, value } = this.token;
    if (kind === "text") {
      this.take();
      return { kind: "scalar", at, value: text };
    }
    if (value !== undefined) {
      this.take();
      return { kind: "json", at, value };
    }
    if (kind === "number") return this.#number(1);
    if (kind === "name") return this.#named();
    if (this.takeSymbol("-")) {
      if (this.token.kind !== "number" || this.token.spaced) throw this.unexpected("a number");
      return this.#number(-1);
    }
    if (this.takeSymbol("(")) {
      const inner = this.entryOr(this.term());
      this.expectSymbol(")");
      return inner;
    }
    if (this.takeSymbol("[")) return this.#array(at);
    if (this.takeSymbol("{")) return this.#braces(at);
    throw this.unexpected("a term");
  }

  #number(sign: 1 | -1): Term {
    const { text, at } = this.take();
    const value = sign * Number(text);
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      throw this.unsupported(at, `the number ${text}`);
    }
    return { kind: "scalar", at, value: value === 0 ? 0 : value };
  }

  #named(): Term {
    const { text, at } = this.take();
    const constant = constants.get(text);
    if (constant !== undefined) return { kind: "scalar", at, value: constant };
    if (reserved.has(text)) throw this.malformed(at, `\`${text}\` is a word of the language's own`);
    if (text === "set" && this.isSymbol("(") && this.isSymbol(")", this.ahead(1))) {
      this.take();
      this.take();
      return { kind: "set", at, items: [] };
    }
    return { kind: "variable", at, name: text };
  }

  #array(at: Position): Term {
    if (this.takeSymbol("]")) return { kind: "array", at, items: [] };
    const first = this.#head();
    if (this.takeSymbol("|")) {
      return { kind: "comprehension", at, makes: "array", value: first, body: this.bodyUntil("]") };
    }
    return { kind: "array", at, items: this.#listAfter(first, "]") };
  }

  #braces(at: Position): Term {
    if (this.takeSymbol("}")) return { kind: "object", at, entries: [] };
    const first = this.#head();
    if (this.takeSymbol("|")) {
      return { kind: "comprehension", at, makes: "set", value: first, body: this.bodyUntil("}") };
    }
    if (!this.takeSymbol(":")) return { kind: "set", at, items: this.#listAfter(first, "}") };
    const value = this.#head();
    if (this.takeSymbol("|")) {
      return { kind: "comprehension", at, makes: "object", key: first, value, body: this.bodyUntil("}") };
    }
    const entries: [Term, Term][] = [[first, value]];
    while (this.takeSymbol(",") && !this.isSymbol("}")) {
      const key = this.term();
      this.expectSymbol(":");
      entries.push([key, this.term()]);
    }
    this.expectSymbol("}");
    return { kind: "object", at, entries };
  }

  /** Terms with commas between them; one may be left over at the end. */
  #list(end: string): Term[] {
    if (this.takeSymbol(end)) return [];
    return this.#listAfter(this.term(), end);
  }

  #listAfter(first: Term, end: string): Term[] {
    const items = [first];
    while (this.takeSymbol(",") && !this.isSymbol(end)) items.push(this.term());
    this.expectSymbol(end);
    return items;
  }

  /** A function's parameters. */
  protected parameters(): Term[] {
    return this.#list(")");
  }
}

function call(at: Position, name: string, given: readonly Term[]): Term {
  return { kind: "call", at, name: [name], arguments: given };
}
