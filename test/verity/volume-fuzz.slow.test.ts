import { expect, test } from "vitest";
import { fuzzVolumes } from "./volume-fuzz.ts";

test("a million mutated volumes", async () => {
  const { refused, read } = await fuzzVolumes(20_241_120, 1_000_000, 50);
  expect(refused + read).toBe(1_000_000);
  expect(refused).toBeGreaterThan(100_000);
  expect(read).toBeGreaterThan(100_000);
});
