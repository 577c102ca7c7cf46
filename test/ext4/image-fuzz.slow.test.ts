import { expect, test } from "vitest";
import { AllocationMeter } from "../fuzz/allocation-meter.ts";
import { fuzzImages } from "./image-fuzz.ts";

test("half a million mutated images", async () => {
  using meter = new AllocationMeter();
  await fuzzImages(900_000, 20_000, meter);
  meter.settle();
  const { refused, read, mostReads } = await fuzzImages(1_000_000, 500_000, meter);
  expect(refused + read).toBe(500_000);
  expect(refused).toBeGreaterThan(50_000);
  expect(mostReads).toBeGreaterThan(20);
  process.stdout.write(`images: ${meter.report()}\n`);
  expect(meter.processGrowthBytes).toBeLessThan(64 * 2 ** 20);
});
