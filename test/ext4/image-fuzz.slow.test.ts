import { expect, test } from "vitest";
import { fuzzImages } from "./image-fuzz.ts";

test("half a million mutated images", async () => {
  const { refused, read, mostReads } = await fuzzImages(1_000_000, 500_000);
  expect(refused + read).toBe(500_000);
  expect(refused).toBeGreaterThan(50_000);
  expect(mostReads).toBeGreaterThan(20);
});
