/** A disk that fails (H10): each request is as if never made, or the agent says that it does not know. */
import { beforeAll, expect, test } from "vitest";
import { failEveryOperation } from "./device-faults.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(false);
});

test("the n-th operation of every request fails", async () => {
  const { undone, poisoned } = await failEveryOperation(world, { fault: "before", lasts: false });
  expect(undone).toBeGreaterThan(20);
  // Where a scratch cannot be written to its end, nobody knows what is on it.
  expect(poisoned).toBeGreaterThan(2);
});

test("the n-th operation of every request answers with a bit that is another (H1)", async () => {
  const { undone, poisoned } = await failEveryOperation(world, { fault: "flip", lasts: false });
  expect(undone).toBeGreaterThan(10);
  expect(poisoned).toBe(0);
});

test("the host gives up at the n-th operation of every request", async () => {
  const { undone, poisoned } = await failEveryOperation(world, { fault: "abort", lasts: false });
  expect(undone).toBeGreaterThan(20);
  expect(poisoned).toBe(0);
});
