import { describe, expect, test } from "vitest";
import { Core } from "../../src/crypto/core.ts";
import { pattern } from "./sha256-reference.ts";

describe("the owner's region", () => {
  test("is as large as asked for, in a memory that cannot grow", async () => {
    for (const regionBytes of [1, 65_536, 1_000_000]) {
      const core = await Core.create(regionBytes);
      expect(core.base % 64).toBe(0);
      expect(core.bytes.length - core.base).toBeGreaterThanOrEqual(regionBytes);
      expect(core.bytes.length).toBeLessThan(regionBytes + 2 * 65_536 + 1);
    }
  });

  test("is refused where WASM cannot address it", async () => {
    for (const regionBytes of [0, -1, 0.5, Number.NaN, 2 ** 31 + 1, 2 ** 53]) {
      await expect(Core.create(regionBytes)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  test("is not shared", async () => {
    const [a, b] = await Promise.all([Core.create(64), Core.create(64)]);
    a.bytes.set(pattern(64), a.base);
    expect(b.bytes.subarray(b.base).every((byte) => byte === 0)).toBe(true);
  });
});
