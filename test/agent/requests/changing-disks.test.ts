/** A disk that is not the same twice (H7, I5): what is decided on is what is mounted. */
import { beforeAll, expect, test } from "vitest";
import { expectSingleFetches, outcomesOfChanges } from "./changing-disks.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(false);
});

test("no byte of a layer's disk is fetched twice for one decision", async () => {
  await expect(expectSingleFetches(world)).resolves.toBeUndefined();
});

test("a layer that becomes another at the n-th read, each of them one that the policy lists", async () => {
  expect(await outcomesOfChanges(world)).toEqual(expect.arrayContaining(["IntegrityError", "true"]));
});
