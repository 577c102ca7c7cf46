/** What things that a policy lists are called. */
import type { JsonObject } from "../../rego/index.ts";
import type { ExplainedCandidate } from "../explanation.ts";
import type { Condition } from "./conditions.ts";
import type { Deciding } from "./deciding.ts";
import type { Container } from "./shapes.ts";

/** The name that tools give a container, which no rule looks at. */
export function nameOf(item: object, { candidates }: Deciding): { readonly name?: string } {
  const name = candidates.names.get(item as Container) ?? (item as JsonObject)["name"];
  return typeof name === "string" ? { name } : {};
}

/** Candidates that do not fulfil all conditions, each with the first that fails. */
export function fallen<Item extends object>(
  items: readonly Item[],
  conditions: readonly Condition<Item>[],
  name: (item: Item) => { readonly name?: string },
): readonly ExplainedCandidate[] {
  return items.flatMap((item, index) => {
    const at = conditions.findIndex(({ holds }) => !holds(item));
    const condition = conditions[at];
    if (condition === undefined) return [];
    const { aspect, seen } = condition;
    return [
      { index, ...name(item), fulfilled: at, failed: { aspect, expected: condition.expected(item), seen } },
    ];
  });
}
