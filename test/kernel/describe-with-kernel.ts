import { describe, expect, test } from "vitest";
import { type EngineName, findEngine, type KernelEngine } from "./kernel-engine.ts";

/**
 * A suite that needs a kernel. Where it cannot be booted the suite is one test,
 * skipped, that says which Debian packages it wants; in CI that test fails.
 */
export function describeWithKernel(
  name: EngineName,
  title: string,
  tests: (engine: KernelEngine) => void,
): void {
  const found = findEngine(name);
  if ("missing" in found) {
    const wants = found.missing.join(", ");
    test.skipIf(process.env["CI"] === undefined)(`${title}: skipped for want of ${wants}`, () => {
      expect(found.missing).toEqual([]);
    });
    return;
  }
  describe(title, () => tests(found));
}
