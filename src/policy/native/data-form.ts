/**
 * The form in which tools write policies: constants, and points that delegate to the framework. It is read from the
 * parsed text and needs no evaluation.
 */

import type { Module, Rule, Term } from "../../rego/ast.ts";
import type { JsonValue } from "../../rego/index.ts";

/** A module in this form. */
export interface DataForm {
  readonly path: readonly string[];
  readonly constants: ReadonlyMap<string, JsonValue>;
  /** Rules that are the framework's of the same name. */
  readonly delegated: ReadonlySet<string>;
  /** Whether of the framework's `reason`, which is among `delegated`, the errors alone are handed on. */
  readonly isReasonErrorsOnly: boolean;
}

/** A module in this form; undefined where it has more than that. */
export function readDataForm({ path, imports, rules }: Module): DataForm | undefined {
  const constants = new Map<string, JsonValue>();
  const delegated = new Set<string>();
  let isReasonErrorsOnly = false;
  for (const rule of rules) {
    if (constants.has(rule.name) || delegated.has(rule.name)) return undefined;
    const meaning = meaningOf(rule);
    if (meaning === undefined) return undefined;
    if (meaning.kind === "constant") constants.set(rule.name, meaning.value);
    else delegated.add(rule.name);
    if (meaning.kind === "errors") isReasonErrorsOnly = true;
  }
  return imports.length === 0 ? { path, constants, delegated, isReasonErrorsOnly } : undefined;
}

/** What a rule of this form says: a constant, the framework's rule of the same name, or its errors as a reason. */
export type RuleMeaning =
  | { readonly kind: "constant"; readonly value: JsonValue }
  | { readonly kind: "delegated" | "errors" };

/** What a rule says; undefined for one that has more than this form. */
export function meaningOf(rule: Rule): RuleMeaning | undefined {
  if (!isPlain(rule)) return undefined;
  const value = constantOf(rule.value);
  if (value !== undefined) return { kind: "constant", value };
  if (isFrameworkRule(rule.value, rule.name)) return { kind: "delegated" };
  return rule.name === "reason" && isFrameworkErrors(rule.value) ? { kind: "errors" } : undefined;
}

function isPlain({ kind, isDefault, body, otherwise }: Rule): boolean {
  return kind === "value" && !isDefault && body.length === 0 && otherwise.length === 0;
}

/** `data.framework.<name>`. */
function isFrameworkRule(term: Term | undefined, name: string): boolean {
  if (term?.kind !== "reference" || term.head.kind !== "variable" || term.head.name !== "data") return false;
  const names = term.steps.map((step) => (step.kind === "scalar" ? step.value : undefined));
  return names.length === 2 && names[0] === "framework" && names[1] === name;
}

/** `{"errors": data.framework.errors}`, as `az confcom` has it. */
function isFrameworkErrors(term: Term | undefined): boolean {
  if (term?.kind !== "object" || term.entries.length !== 1) return false;
  const [[key, value] = []] = term.entries;
  return key?.kind === "scalar" && key.value === "errors" && isFrameworkRule(value, "errors");
}

/** A term's value; undefined for what is no constant of JSON's. */
function constantOf(term: Term | undefined): JsonValue | undefined {
  if (term?.kind === "scalar" || term?.kind === "json") return term.value;
  if (term?.kind === "array") {
    const items = term.items.map(constantOf);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  if (term?.kind !== "object") return undefined;
  const object: { [name: string]: JsonValue } = Object.create(null);
  for (const [key, value] of term.entries) {
    const member = constantOf(value);
    if (key.kind !== "scalar" || typeof key.value !== "string" || member === undefined) return undefined;
    if (key.value in object) return undefined;
    object[key.value] = member;
  }
  return object;
}
