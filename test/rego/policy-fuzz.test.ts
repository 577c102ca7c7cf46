import { expect, test } from "vitest";
import { evaluateBroken } from "./policy-fuzz.ts";

test("1,000 broken modules are refused or evaluated", () => {
  expect(evaluateBroken(1, 1000)).toBeGreaterThan(30);
});
