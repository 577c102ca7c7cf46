/** The framework as a library: what is read rule by rule is what the modules say, and what it asks for is known. */
import { expect, test } from "vitest";
import { frameworkLibrary, frameworkModules, frameworkNeeds } from "../../src/policy/framework-modules.ts";
import { openPolicy } from "../../src/policy/index.ts";
import { compileRego } from "../../src/rego/index.ts";
import type { Operand, RuleGroup } from "../../src/rego/program.ts";
import { referencesOf } from "../../src/rego/recursion.ts";

const library = frameworkLibrary();
const groups: readonly RuleGroup[] = [...library.children.values()].flatMap(({ rules }) => [
  ...rules.values(),
]);

test("every rule is there, and none asks for itself", () => {
  const written = library.modules.flatMap(({ path, rules }) =>
    rules.map(({ name, kind, parameters }) => `data.${path.join(".")}.${name} ${kind} ${parameters.length}`),
  );
  const read = groups.flatMap(({ name, kind, arity, rules, default: otherwise }) =>
    [...rules, ...(otherwise ? [otherwise] : [])].map(() => `${name} ${kind} ${arity}`),
  );
  expect(read.length).toBeGreaterThan(200);
  expect(read.sort()).toEqual(written.sort());
  expect(compileRego(frameworkModules()).defines(["framework", "mount_device"])).toBe(true);
});

test("what it asks for is what is said of it", () => {
  const roots = new Set<unknown>();
  const rules = new Set<unknown>();
  for (const group of groups) {
    for (const steps of referencesOf(group).documents) {
      const [first, second] = steps.map((step: Operand) =>
        step.kind === "constant" ? step.value : undefined,
      );
      if (first === "policy" || first === undefined) rules.add(second);
      else if (!library.children.has(String(first))) roots.add(first);
    }
  }
  expect(roots).toEqual(frameworkNeeds.roots);
  expect(rules).toEqual(frameworkNeeds.rules);
});

test.each([
  ["through one of its lists", "containers := data.framework.policy_containers"],
  ["through a rule of its own", "containers := mine\nmine := data.framework.candidate_containers"],
  ["through a function", "fragments := mine(1)\nmine(a) := [a, data.framework.candidate_fragments]"],
])("a policy that asks for itself %s is refused", async (_how, rules) => {
  await expect(openPolicy(`package policy\napi_version := "0.12.0"\n${rules}\n`)).rejects.toThrow(
    "a rule asks for itself",
  );
});

test.each([
  ["a list made with the framework's version", "containers := [data.framework.version]"],
  ["a rule of a list's name in a package of its own", "mine := data.framework.reason"],
])("%s is no such thing", async (_what, rules) => {
  expect((await openPolicy(`package policy\napi_version := "0.12.0"\n${rules}\n`)).digest).toHaveLength(32);
});

test("a package of a name that the framework asks for may not ask it back", () => {
  const mounts = { name: "a.rego", text: "package defaultMounts\nx := data.framework.create_container" };
  expect(() => compileRego([mounts], library)).toThrow("a rule asks for itself");
  const apart = { name: "a.rego", text: "package other\nx := data.framework.version" };
  expect(compileRego([apart], library).evaluate(["other", "x"])).toBe("0.5.0");
});
