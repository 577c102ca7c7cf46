/** Modules: the package, imports, and rules in the forms of both versions of the language. */
import type { Alternative, Import, Literal, Module, Position, Rule, RuleKind, Term } from "./ast.ts";
import { BodyParser } from "./body-parser.ts";
import { reserved } from "./term-parser.ts";

/**
 * Parses a module.
 *
 * @param text the tenant's or the embedder's.
 * @param name names the module in errors: `policy.rego`.
 * @throws {FormatError} `bad-syntax` for what is not Rego, `unsupported` for Rego that is not read, each with
 *   line and column.
 */
export function parseModule(text: string, name: string): Module {
  return new ModuleParser(text, name).run();
}

/** The part of a rule that stands before its body. */
interface Head {
  readonly kind: RuleKind;
  readonly parameters: readonly Term[];
  readonly key?: Term;
  readonly value?: Term;
  readonly hasIf: boolean;
}

/** Imports that only switch on words of the language, which are all known here. */
const switches: ReadonlySet<string> = new Set([
  "rego.v1",
  "future.keywords",
  ...["contains", "every", "if", "in"].map((word) => `future.keywords.${word}`),
]);

class ModuleParser extends BodyParser {
  run(): Module {
    if (!this.takeName("package")) throw this.unexpected("`package`");
    const path = this.#path();
    const imports: Import[] = [];
    while (this.isName("import")) {
      const found = this.#import();
      if (found !== undefined) imports.push(found);
    }
    const rules: Rule[] = [];
    while (this.token.kind !== "end") rules.push(...this.#rules());
    return { name: this.module, path, imports, rules };
  }

  /** `a.b["c"]`. */
  #path(): string[] {
    const names = [this.expectName("a name").text];
    for (;;) {
      if (this.takeSymbol(".")) {
        names.push(this.expectName("a name").text);
      } else if (!this.token.spaced && this.takeSymbol("[")) {
        if (this.token.kind !== "text") throw this.unexpected("a text");
        names.push(this.take().text);
        this.expectSymbol("]");
      } else {
        return names;
      }
    }
  }

  #import(): Import | undefined {
    const { at } = this.take();
    const path = this.#path();
    const [root = "", ...rest] = path;
    if (switches.has(path.join("."))) return undefined;
    if (root !== "data" && root !== "input")
      throw this.malformed(at, "an import is of `data`, `input`, `rego.v1` or `future.keywords`");
    const alias = this.takeName("as") ? this.expectName("a name").text : (rest.at(-1) ?? root);
    return { at, path, alias };
  }

  /** One rule, or several where one head has several bodies. */
  #rules(): Rule[] {
    const { at } = this.token;
    if (this.takeName("default")) return [this.#default(at)];
    const name = this.#ruleName();
    const head = this.#head(at);
    const { kind, parameters, key, value, hasIf } = head;
    const bodies = this.#bodies(hasIf);
    const otherwise = this.#otherwise();
    if (otherwise.length > 0 && (bodies.length > 1 || kind === "set" || kind === "object")) {
      throw this.malformed(otherwise[0]?.at ?? at, "`else` follows a rule with one value and one body");
    }
    if (bodies.length === 0 && value === undefined && kind !== "set") {
      throw this.malformed(at, `\`${name}\` is given neither a value nor a body`);
    }
    const first = bodies.length === 0 ? [[]] : bodies;
    return first.map((body) => ({
      at,
      name,
      kind,
      isDefault: false,
      parameters,
      body,
      otherwise,
      ...(key && { key }),
      ...(kind !== "set" && { value: value ?? { kind: "scalar", at, value: true } }),
    }));
  }

  #ruleName(): string {
    const { text, at } = this.expectName("a rule");
    if (text === "data" || text === "input" || reserved.has(text)) {
      throw this.malformed(at, `no rule can be called \`${text}\``);
    }
    if (this.isSymbol(".") && !this.token.spaced) throw this.unsupported(at, "a rule with dots in its name");
    return text;
  }

  #default(at: Position): Rule {
    const name = this.#ruleName();
    if (this.isSymbol("(")) throw this.unsupported(at, "a default of a function");
    if (!this.takeSymbol(":=")) this.expectSymbol("=");
    const value = this.term();
    if (!isClosed(value)) throw this.malformed(value.at, "a default is a constant");
    return { at, name, kind: "value", isDefault: true, parameters: [], body: [], value, otherwise: [] };
  }

  #head(at: Position): Head {
    if (this.isSymbol("(") && !this.token.spaced) {
      this.take();
      const parameters = this.parameters();
      return { kind: "function", parameters, ...this.#valueAndIf() };
    }
    if (this.isSymbol("[") && !this.token.spaced) {
      this.take();
      const key = this.term();
      this.expectSymbol("]");
      if (this.isSymbol("[") || this.isSymbol("."))
        throw this.unsupported(at, "a rule with more than one key");
      const { value, hasIf } = this.#valueAndIf();
      // Without a value, `p[x] { … }` makes a set; `p[x] if …` an object of true values.
      if (value === undefined && !hasIf) return { kind: "set", parameters: [], key, hasIf };
      return { kind: "object", parameters: [], key, hasIf, ...(value && { value }) };
    }
    if (this.takeName("contains")) {
      const key = this.term();
      return { kind: "set", parameters: [], key, hasIf: this.takeName("if") };
    }
    return { kind: "value", parameters: [], ...this.#valueAndIf() };
  }

  #valueAndIf(): { readonly value?: Term; readonly hasIf: boolean } {
    const given = this.takeSymbol(":=") || this.takeSymbol("=");
    const value = given ? this.term() : undefined;
    const hasIf = this.takeName("if");
    return value === undefined ? { hasIf } : { value, hasIf };
  }

  #bodies(hasIf: boolean): Literal[][] {
    if (hasIf && !this.isSymbol("{")) return [[this.literal()]];
    const bodies: Literal[][] = [];
    while (this.takeSymbol("{")) bodies.push(this.bodyUntil("}"));
    if (hasIf && bodies.length > 1) throw this.malformed(this.token.at, "`if` has one body");
    return bodies;
  }

  #otherwise(): Alternative[] {
    const alternatives: Alternative[] = [];
    for (let { at } = this.token; this.takeName("else"); at = this.token.at) {
      const { value, hasIf } = this.#valueAndIf();
      const [body = [], ...more] = this.#bodies(hasIf);
      if (more.length > 0) throw this.malformed(at, "`else` has one body");
      alternatives.push({ at, body, value: value ?? { kind: "scalar", at, value: true } });
    }
    return alternatives;
  }
}

/** Whether a term names nothing outside comprehensions, and calls nothing. */
function isClosed(term: Term): boolean {
  switch (term.kind) {
    case "array":
    case "set":
      return term.items.every(isClosed);
    case "object":
      return term.entries.flat().every(isClosed);
    default:
      return term.kind === "scalar" || term.kind === "json" || term.kind === "comprehension";
  }
}
