import { expect, test } from "vitest";
import { AllocationMeter } from "../fuzz/allocation-meter.ts";
import { fuzzImages } from "./image-fuzz.ts";

test("two thousand mutated images", async () => {
  using meter = new AllocationMeter();
  const { refused, read } = await fuzzImages(1, 2000, meter);
  expect(refused).toBeGreaterThan(200);
  expect(read).toBeGreaterThan(200);
});
