/** What is used by what is told by whole names in paths, and counted (H28, H29). */
import { expect, test } from "vitest";
import { MountTable } from "../../../src/agent/index.ts";
import { forEachSeed } from "../../../src/testing/index.ts";
import { expectSameTables } from "./mount-tables.ts";

test("the table of mounts is the plain one, whatever is added and removed", async () => {
  await forEachSeed([1, 2, 3, 4, 5], async (random) => expectSameTables(new MountTable(), random, 200));
  expect.hasAssertions();
});
