import { expect, test } from "vitest";
import { evaluateBroken } from "./policy-fuzz.ts";

test("a million broken modules are refused or evaluated", { timeout: 1_800_000 }, () => {
  expect(evaluateBroken(2, 1_000_000)).toBeGreaterThan(30_000);
});
