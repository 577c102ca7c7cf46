/** As `tar-fuzz.test.ts`, half a million times. */
import { expect, test } from "vitest";
import { SeededRandom } from "../verity/seeded-random.ts";
import { fuzzTars } from "./tar-fuzz.ts";

test.each(Array.from({ length: 10 }, (_, i) => 100 + i))("mutated tars, seed %d", async (seed) => {
  const before = process.memoryUsage();
  const { whole, refused } = await fuzzTars(new SeededRandom(seed), 50_000);
  expect(whole).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(5000);
  expect(process.memoryUsage().arrayBuffers - before.arrayBuffers).toBeLessThan(64 << 20);
});
