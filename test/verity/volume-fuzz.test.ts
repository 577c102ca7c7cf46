import { expect, test } from "vitest";
import { fuzzVolumes } from "./volume-fuzz.ts";

test.each([1, 2, 3])(
  "mutated volumes, seed %d: refused in the right class, or read for what they are",
  async (seed) => {
    const { refused, read } = await fuzzVolumes(seed, 4000, 20);
    expect(refused).toBeGreaterThan(400);
    expect(read).toBeGreaterThan(400);
  },
);
