/** Rules that take too much are stopped: here at a hundredth of what they may take. */
import { expect, test } from "vitest";
import { ask } from "../rego/ask.ts";
import { greedyRules } from "./greedy-rules.ts";

test.each(greedyRules)("%s is stopped", (_what, rules, term) => {
  const limits = { steps: 100_000, units: 20_000 };
  const text = `import rego.v1\n${rules}\nx := ${term}`;
  expect(() => ask(text, { limits })).toThrow("the policy was stopped");
});
