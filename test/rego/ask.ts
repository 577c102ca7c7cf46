/** Small programs, asked for one rule. */
import { compileRego, type JsonObject, type JsonValue, type RegoQuery } from "../../src/rego/index.ts";

/** The value of `data.p.x` in a module whose rules these are; undefined where it has none. */
export function ask(rules: string, query: RegoQuery = {}): JsonValue | undefined {
  return compileRego([{ name: "p.rego", text: `package p\n\n${rules}` }]).evaluate(["p", "x"], query);
}

/** The value of a term. */
export function askFor(term: string, input?: JsonValue, data?: JsonObject): JsonValue | undefined {
  return ask(`x := ${term}`, { ...(input !== undefined && { input }), ...(data && { data }) });
}
