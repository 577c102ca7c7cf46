/** A module's text as tokens (the language reference's grammar, Rego of OPA 0.x and 1.x). */

import type { Position } from "./ast.ts";
import type { JsonValue } from "./json.ts";
import { type JsonLiteral, jsonLiteralAt } from "./json-literal.ts";
import { regoSyntaxError } from "./rego-error.ts";

/** The kinds of token. Keywords are names to the lexer. */
export type TokenKind = "name" | "number" | "text" | "symbol" | "json" | "end";

/** A token, and how it stands to the one before. */
export class Token implements Position {
  readonly kind: TokenKind;
  /** A name, a symbol, or the characters of a text; of a number its digits, of JSON its bracket. */
  readonly text: string;
  /** Of JSON. */
  readonly value: JsonValue | undefined;
  readonly line: number;
  readonly column: number;
  /** A line was begun since the token before. */
  readonly startsLine: boolean;
  /** Something blank stands before it: `a [0]` is no reference. */
  readonly spaced: boolean;

  constructor(
    kind: TokenKind,
    text: string,
    line: number,
    column: number,
    startsLine: boolean,
    spaced: boolean,
    value: JsonValue | undefined,
  ) {
    this.kind = kind;
    this.text = text;
    this.line = line;
    this.column = column;
    this.startsLine = startsLine;
    this.spaced = spaced;
    this.value = value;
  }

  /** Where it stands: the token itself, as a policy is a long list of tokens. */
  get at(): Position {
    return this;
  }
}

const number = /(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** Symbols of one character, and those that go on with `=`. */
const symbols: ReadonlySet<string> = new Set("=<>+-*/%&|()[]{},:;.");
const symbolsBeforeEquals: ReadonlySet<string> = new Set(":=!<>");
/** A text in quotes that stands for itself. */
const plainText = /"[^"\\\p{Cc}]*"/uy;
const namePart = /[A-Za-z0-9_]/;

const code = {
  tab: 0x09,
  lineFeed: 0x0a,
  carriageReturn: 0x0d,
  space: 0x20,
  quote: 0x22,
  hash: 0x23,
  zero: 0x30,
  nine: 0x39,
  equals: 0x3d,
  underscore: 0x5f,
  backquote: 0x60,
};

/**
 * Cuts a module's text into tokens; comments are left out.
 *
 * @param module names the module in errors.
 * @throws {FormatError} `bad-syntax`, with line and column.
 */
export function tokensOf(text: string, module: string): Token[] {
  return new Lexer(text, module).run();
}

/** Whether a value follows. */
function isGiving(token: Token | undefined): boolean {
  return token?.kind === "symbol" && (token.text === ":=" || token.text === "=");
}

/** Letters and digits of ASCII, and `_`; a name begins with no digit. */
function isNamePart(character: number): boolean {
  const letter = character | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    character === code.underscore ||
    (character >= code.zero && character <= code.nine)
  );
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
    let lastLine = 0;
    let last: Token | undefined;
    for (;;) {
      const before = this.#offset;
      this.#skipBlank();
      const start = this.#offset;
      const line = this.#line;
      const column = this.#column;
      const json = isGiving(last) ? this.#json() : undefined;
      const kind = json === undefined ? this.#kind(this.#text.charCodeAt(start)) : "json";
      const text = json === undefined ? this.#take(kind) : (this.#text[start] as string);
      const startsLine = line !== lastLine;
      last = new Token(kind, text, line, column, startsLine, start !== before || before === 0, json?.value);
      tokens.push(last);
      lastLine = this.#line;
      if (kind === "end") return tokens;
    }
  }

  /** A list or object that is JSON, passed over whole. */
  #json(): JsonLiteral | undefined {
    const bracket = this.#text[this.#offset];
    const literal = bracket === "[" || bracket === "{" ? jsonLiteralAt(this.#text, this.#offset) : undefined;
    if (literal === undefined) return undefined;
    for (let at = this.#text.indexOf("\n", this.#offset); at !== -1 && at < literal.end; ) {
      this.#line += 1;
      this.#lineStart = at + 1;
      at = this.#text.indexOf("\n", at + 1);
    }
    this.#offset = literal.end;
    return literal;
  }

  get #column(): number {
    return this.#offset - this.#lineStart + 1;
  }

  #skipBlank(): void {
    for (;;) {
      const character = this.#text.charCodeAt(this.#offset);
      if (character === code.hash) {
        const end = this.#text.indexOf("\n", this.#offset);
        this.#offset = end === -1 ? this.#text.length : end;
      } else if (
        character === code.space ||
        character === code.lineFeed ||
        character === code.tab ||
        character === code.carriageReturn
      ) {
        this.#pass(character);
      } else {
        return;
      }
    }
  }

  #pass(character: number): void {
    this.#offset += 1;
    if (character !== code.lineFeed) return;
    this.#line += 1;
    this.#lineStart = this.#offset;
  }

  /** What a character begins; past the end there is none. */
  #kind(character: number): TokenKind {
    if (Number.isNaN(character)) return "end";
    if (character === code.quote || character === code.backquote) return "text";
    if (character >= code.zero && character <= code.nine) return "number";
    return isNamePart(character) ? "name" : "symbol";
  }

  #take(kind: TokenKind): string {
    switch (kind) {
      case "end":
        return "";
      case "name":
        return this.#passed(this.#text.slice(this.#offset, this.#endOfName()));
      case "number":
        return this.#number();
      case "text":
        return this.#text.charCodeAt(this.#offset) === code.quote ? this.#quoted() : this.#raw();
      default: {
        const first = this.#text[this.#offset] as string;
        if (symbolsBeforeEquals.has(first) && this.#text.charCodeAt(this.#offset + 1) === code.equals) {
          return this.#passed(`${first}=`);
        }
        if (symbols.has(first)) return this.#passed(first);
        throw this.#error(`${shown(this.#text.codePointAt(this.#offset) ?? 0)} begins nothing`);
      }
    }
  }

  #endOfName(): number {
    let end = this.#offset + 1;
    while (isNamePart(this.#text.charCodeAt(end))) end += 1;
    return end;
  }

  /** What an expression finds just here. */
  #matches(expression: RegExp): string | undefined {
    expression.lastIndex = this.#offset;
    return expression.exec(this.#text)?.[0];
  }

  #passed(found: string): string {
    this.#offset += found.length;
    return found;
  }

  #number(): string {
    const found = this.#matches(number) ?? "";
    const next = this.#text[this.#offset + found.length] ?? "";
    if (found === "" || namePart.test(next)) throw this.#error("that is no number");
    return this.#passed(found);
  }

  /** A text in quotes is JSON's. */
  #quoted(): string {
    const plain = this.#matches(plainText);
    if (plain !== undefined) return this.#passed(plain).slice(1, -1);
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
    while (this.#offset <= end) this.#pass(this.#text.charCodeAt(this.#offset));
    return text.replaceAll("\r", "");
  }

  #error(why: string): Error {
    return regoSyntaxError(this.#module, { line: this.#line, column: this.#column }, why);
  }
}

/** A character in words: one that may not show by its number. */
function shown(codePoint: number): string {
  if (codePoint > 0x20 && codePoint < 0x7f) return JSON.stringify(String.fromCodePoint(codePoint));
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}
