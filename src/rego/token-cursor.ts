/** Reading tokens one after the other, and saying what was expected where another stands. */
import type { Position } from "./ast.ts";
import type { Token } from "./lexer.ts";
import { tokensOf } from "./lexer.ts";
import { regoSyntaxError, regoUnsupported } from "./rego-error.ts";

/** Deeper than anyone writes, and shallow enough for the engine's stack. */
const depthLimit = 100;

/** What the parser's parts share. */
export abstract class TokenCursor {
  protected readonly module: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string, module: string) {
    this.module = module;
    this.#tokens = tokensOf(text, module);
  }

  /** The next token, which stays the next. */
  protected get token(): Token {
    return this.#tokens[this.#next] ?? this.ahead(0);
  }

  /** A token that follows the next one. */
  protected ahead(count: number): Token {
    return this.#tokens[Math.min(this.#next + count, this.#tokens.length - 1)] as Token;
  }

  protected take(): Token {
    const token = this.token;
    this.#next += 1;
    return token;
  }

  protected isSymbol(text: string, token: Token = this.token): boolean {
    return token.kind === "symbol" && token.text === text;
  }

  protected isName(text: string, token: Token = this.token): boolean {
    return token.kind === "name" && token.text === text;
  }

  /** Takes the symbol, if it is next. */
  protected takeSymbol(text: string): boolean {
    const found = this.isSymbol(text);
    if (found) this.#next += 1;
    return found;
  }

  /** Takes the word, if it is next. */
  protected takeName(text: string): boolean {
    const found = this.isName(text);
    if (found) this.#next += 1;
    return found;
  }

  protected expectSymbol(text: string): Token {
    if (!this.isSymbol(text)) throw this.unexpected(`\`${text}\``);
    return this.take();
  }

  protected expectName(what: string): Token {
    if (this.token.kind !== "name") throw this.unexpected(what);
    return this.take();
  }

  /** Runs a part that may hold itself. */
  protected nested<Result>(part: () => Result): Result {
    if (this.#depth === depthLimit)
      throw this.unsupported(this.token.at, `more than ${depthLimit} levels in each other`);
    this.#depth += 1;
    try {
      return part();
    } finally {
      this.#depth -= 1;
    }
  }

  /** The error for what stands here; to be thrown by the caller. */
  protected unexpected(expected: string): Error {
    const { kind, text, at } = this.token;
    const found = kind === "end" ? "the end" : kind === "text" ? JSON.stringify(text) : `\`${text}\``;
    return this.malformed(at, `${expected} was expected here, not ${found}`);
  }

  protected malformed(at: Position, why: string): Error {
    return regoSyntaxError(this.module, at, why);
  }

  protected unsupported(at: Position, what: string): Error {
    return regoUnsupported(this.module, at, what);
  }
}
