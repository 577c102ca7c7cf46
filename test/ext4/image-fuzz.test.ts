import { expect, test } from "vitest";
import { fuzzImages } from "./image-fuzz.ts";

test("two thousand mutated images", async () => {
  const { refused, read } = await fuzzImages(1, 2000);
  expect(refused).toBeGreaterThan(200);
  expect(read).toBeGreaterThan(200);
});
