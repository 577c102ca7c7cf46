import { describe, expect, test } from "vitest";
import { compareRandomCalls } from "./compare-calls.ts";
import { skipUnlessRoot } from "./node-pair.ts";

describe.skipIf(skipUnlessRoot)("random calls (skipped unless run by the superuser)", () => {
  test.each([1, 2, 3])("answer as Node's own, and leave the same: seed %i", async (seed) => {
    expect.hasAssertions();
    await compareRandomCalls(seed, 400);
  });
});
