/** `docs/rego.md` lists the builtins that there are. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { builtinNames } from "../../src/rego/builtins.ts";

const operators = new Set(
  "and div equal gt gte internal.member_2 internal.member_3 lt lte minus mul neq or plus rem".split(" "),
);

test("every builtin is listed, and no other", () => {
  const text = readFileSync(new URL("../../docs/rego.md", import.meta.url), "utf8");
  const [, section = ""] = /## Builtins\n([^#]*?)\nRegular/s.exec(text) ?? [];
  const listed = [...section.matchAll(/`([a-z_.0-9]+)`/g)].map(([, name]) => name);
  expect(listed).toEqual(builtinNames().filter((name) => !operators.has(name)));
});
