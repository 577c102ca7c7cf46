/** A module's text as tokens (the language reference's grammar, Rego of OPA 0.x and 1.x). */

import type { Position } from "./ast.ts";
import { regoSyntaxError } from "./rego-error.ts";

/** The kinds of token. Keywords are names to the lexer. */
export type TokenKind = "name" | "number" | "text" | "symbol" | "end";

/** A token, and how it stands to the one before. */
export interface Token {
  readonly kind: TokenKind;
  readonly at: Position;
  /** A name, a symbol, or the characters of a text; of a number its digits. */
  readonly text: string;
  /** A line was begun since the token before. */
  readonly startsLine: boolean;
  /** Something blank stands before it: `a [0]` is no reference. */
  readonly spaced: boolean;
}

const symbols: readonly string[] = [":=", "==", "!=", "<=", ">=", ..."=<>+-*/%&|()[]{},:;.".split("")];

const blank = /[ \t\r\n]/;
const nameStart = /[A-Za-z_]/;
const namePart = /[A-Za-z0-9_]/;
const number = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

/**
 * Cuts a module's text into tokens; comments are left out.
 *
 * @param module names the module in errors.
 * @throws {FormatError} `bad-syntax`, with line and column.
 */
export function tokensOf(text: string, module: string): Token[] {
  return new Lexer(text, module).run();
}

class Lexer {
  readonly #text: string;
  readonly #module: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, module: string) {
    this.#text = text;
    this.#module = module;
  }

  run(): Token[] {
    const tokens: Token[] = [];
    let line = 0;
    for (;;) {
      const before = this.#offset;
      this.#skipBlank();
      const startsLine = this.#line !== line;
      const spaced = this.#offset !== before || before === 0;
      const at = this.#position();
      const token = { ...this.#next(), at, startsLine, spaced };
      tokens.push(token);
      line = this.#line;
      if (token.kind === "end") return tokens;
    }
  }

  #position(): Position {
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }

  #skipBlank(): void {
    for (;;) {
      const character = this.#text[this.#offset];
      if (character === "#") {
        const end = this.#text.indexOf("\n", this.#offset);
        this.#offset = end === -1 ? this.#text.length : end;
      } else if (character !== undefined && blank.test(character)) {
        this.#pass(character);
      } else {
        return;
      }
    }
  }

  #pass(character: string): void {
    this.#offset += 1;
    if (character !== "\n") return;
    this.#line += 1;
    this.#lineStart = this.#offset;
  }

  #next(): Pick<Token, "kind" | "text"> {
    const character = this.#text[this.#offset];
    if (character === undefined) return { kind: "end", text: "" };
    if (nameStart.test(character)) return { kind: "name", text: this.#name() };
    if (/[0-9]/.test(character)) return { kind: "number", text: this.#number() };
    if (character === '"') return { kind: "text", text: this.#quoted() };
    if (character === "`") return { kind: "text", text: this.#raw() };
    const symbol = symbols.find((each) => this.#text.startsWith(each, this.#offset));
    if (symbol === undefined) throw this.#error(`${JSON.stringify(character)} begins nothing`);
    this.#offset += symbol.length;
    return { kind: "symbol", text: symbol };
  }

  #name(): string {
    const start = this.#offset;
    while (namePart.test(this.#text[this.#offset] ?? "")) this.#offset += 1;
    return this.#text.slice(start, this.#offset);
  }

  #number(): string {
    number.lastIndex = this.#offset;
    const found = number.exec(this.#text)?.[0] ?? "";
    const end = this.#offset + found.length;
    if (found === "" || namePart.test(this.#text[end] ?? "")) throw this.#error("that is no number");
    this.#offset = end;
    return found;
  }

  /** A text in quotes is JSON's. */
  #quoted(): string {
    const start = this.#offset;
    let end = start + 1;
    while (this.#text[end] !== '"') {
      if (this.#text[end] === undefined || this.#text[end] === "\n") {
        throw this.#error("the text has no end in its line");
      }
      end += this.#text[end] === "\\" ? 2 : 1;
    }
    try {
      const text: unknown = JSON.parse(this.#text.slice(start, end + 1));
      this.#offset = end + 1;
      return String(text);
    } catch {
      throw this.#error(
        "the text is none as JSON has them: an escape is not known, or a control character is bare",
      );
    }
  }

  #raw(): string {
    const end = this.#text.indexOf("`", this.#offset + 1);
    if (end === -1) throw this.#error("the text in backquotes has no end");
    const text = this.#text.slice(this.#offset + 1, end);
    while (this.#offset <= end) this.#pass(this.#text[this.#offset] as string);
    return text.replaceAll("\r", "");
  }

  #error(why: string): Error {
    return regoSyntaxError(this.#module, this.#position(), why);
  }
}
