/** Named mistakes of the guest agent: each is found. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeMutants } from "../../mutants/changed-copy.ts";
import { type FinderName, finders, mutant, mutants } from "./mutant-list.ts";
import { makeWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await makeWorld(true);
});

afterAll(removeMutants);

test.each(Object.keys(finders) as FinderName[])("a copy without a mistake passes: %s", async (name) => {
  await expect(finders[name](await mutant("none", []), world)).resolves.toBeUndefined();
});

const named = mutants.map(([name, found, ...changes]) => ({ name, found, changes }));

test.each(named)("$name: found by $found", async ({ name, found, changes }) => {
  const subject = await mutant(name, changes);
  await expect(finders[found](subject, world)).rejects.toThrow();
});
