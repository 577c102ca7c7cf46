import { describe, expect, test } from "vitest";
import { compareRandomCalls } from "./compare-calls.ts";
import { skipUnlessRoot } from "./node-pair.ts";

describe.skipIf(skipUnlessRoot)("ten thousand random calls (skipped unless run by the superuser)", () => {
  test.each([11, 12])("answer as Node's own, and leave the same: seed %i", async (seed) => {
    expect.hasAssertions();
    await compareRandomCalls(seed, 10_000);
  });
});
