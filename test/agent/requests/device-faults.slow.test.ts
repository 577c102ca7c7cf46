/** As device-faults.test.ts, with failures that come late or last (H10). */
import { beforeAll, expect, test } from "vitest";
import { failEveryOperation } from "./device-faults.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(false);
});

test.each([
  ["after", false],
  ["before", true],
  ["after", true],
] as const)(
  "the n-th operation of every request fails, %s it is done; all that follow too: %s",
  async (fault, lasts) => {
    const { undone, poisoned } = await failEveryOperation(world, { fault, lasts });
    expect(undone).toBeGreaterThan(20);
    expect(poisoned).toBeGreaterThan(2);
  },
);
