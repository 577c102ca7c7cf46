/** As `tar-fuzz.test.ts`, half a million times, in bounded memory. */
import { expect, test } from "vitest";
import { AllocationMeter } from "../fuzz/allocation-meter.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { fuzzTars } from "./tar-fuzz.ts";

test("half a million mutated tars", async () => {
  using meter = new AllocationMeter();
  await fuzzTars(new SeededRandom(99), 20_000, meter);
  meter.settle();
  for (let seed = 100; seed < 110; seed++) {
    const { whole, refused } = await fuzzTars(new SeededRandom(seed), 50_000, meter);
    expect(whole).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(5000);
  }
  process.stdout.write(`tars: ${meter.report()}\n`);
  expect(meter.processGrowthBytes).toBeLessThan(64 * 2 ** 20);
});
