/** The framework in TypeScript and the framework in Rego, side by side. */

import { expect } from "vitest";
import { openPolicy, ScenarioRun } from "../../src/policy/index.ts";
import type { JsonObject } from "../../src/rego/index.ts";
import { randomScenario } from "./random-scenario.ts";

/** A rule that no tool writes: a policy with it is evaluated. */
const ownRule = "\nevaluated if true\n";

/** Puts the scenarios of some seeds to both, and expects the same of both. */
export async function expectBothAlike(firstSeed: number, count: number, length: number): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const { policy, operations } = randomScenario(seed, length);
    const native = new ScenarioRun(await openPolicy(policy));
    const evaluated = new ScenarioRun(await openPolicy(policy + ownRule));
    for (const [i, op] of operations.entries()) {
      const name = `seed ${seed}, operation ${i}: ${op.op}`;
      const request = op as JsonObject;
      expect(native.step(request), name).toEqual(evaluated.step(request));
    }
  }
}
