/** Bodies: what must hold, line by line. */
import type { Literal, Position, Term, VariableTerm } from "./ast.ts";
import { TermParser } from "./term-parser.ts";

/** More lines than a body of any policy has. */
const linesLimit = 1000;

/** See the head of this file. */
export abstract class BodyParser extends TermParser {
  protected override bodyUntil(end: string): Literal[] {
    const lines: Literal[] = [];
    while (!this.isSymbol(end) || lines.length === 0) {
      const { at } = this.token;
      if (lines.length === linesLimit) throw this.unsupported(at, `a body of more than ${linesLimit} lines`);
      lines.push(this.literal());
      const parted = this.takeSymbol(";") || this.token.startsLine || this.isSymbol(end);
      if (!parted) throw this.unexpected("the end of the line, `;` or the end of the body");
    }
    this.take();
    return lines;
  }

  /** One line. */
  protected literal(): Literal {
    const literal = this.nested(() => this.#literal());
    if (this.isName("with")) throw this.unsupported(this.token.at, "`with`");
    return literal;
  }

  #literal(): Literal {
    const { at } = this.token;
    if (this.takeName("some")) return this.#some(at);
    if (this.isName("every") && this.ahead(1).kind === "name") {
      this.take();
      return this.#every(at);
    }
    if (this.takeName("not")) {
      const literal = this.literal();
      if (literal.kind === "expression" || literal.kind === "unify") return { kind: "not", at, literal };
      throw this.malformed(literal.at, "`not` stands before an expression alone");
    }
    const left = this.entryOr(this.term());
    const operator = this.token;
    if (this.takeSymbol(":=")) return { kind: "assign", at: operator.at, left, right: this.term() };
    if (this.takeSymbol("=")) return { kind: "unify", at: operator.at, left, right: this.term() };
    return { kind: "expression", at, term: left };
  }

  /** `some x, y`, `some x in xs` or `some k, x in xs`. */
  #some(at: Position): Literal {
    const terms = [this.termBeforeIn()];
    while (this.takeSymbol(",")) terms.push(this.termBeforeIn());
    if (!this.takeName("in")) return { kind: "some", at, names: terms.map((term) => this.#variable(term)) };
    const [first, second, ...more] = terms;
    if (more.length > 0 || first === undefined)
      throw this.malformed(at, "`some` with more than a key and a value");
    const collection = this.termBeforeIn();
    if (second === undefined) return { kind: "someIn", at, value: first, collection };
    return { kind: "someIn", at, key: first, value: second, collection };
  }

  #every(at: Position): Literal {
    const first = this.#variable(this.termBeforeIn());
    const second = this.takeSymbol(",") ? this.#variable(this.termBeforeIn()) : undefined;
    if (!this.takeName("in")) throw this.unexpected("`in`");
    const collection = this.termBeforeIn();
    this.expectSymbol("{");
    const body = this.bodyUntil("}");
    if (second === undefined) return { kind: "every", at, value: first, collection, body };
    return { kind: "every", at, key: first, value: second, collection, body };
  }

  #variable(term: Term): VariableTerm {
    if (term.kind === "variable") return term;
    throw this.malformed(term.at, "a variable was expected here");
  }
}
