/** As `cold-equals-warm.test.ts`, with more calls and more ways to have a tree cold. */
import { test } from "vitest";
import { chosenCalls, formatted, preparedBytes, preparedImage, wideDirectory } from "./cold-calls.ts";
import {
  expectEqual,
  expectSameImage,
  type Keeping,
  play,
  randomCalls,
  spreadBytes,
  spreadCalls,
  spreadImage,
} from "./cold-equality.ts";
import { describeWithLoopMounts } from "./loop-mount.ts";

const mib = 2 ** 20;

const keepings: readonly Keeping[] = [
  { before: "reopen" },
  { before: "reopen", cacheBytes: 0 },
  { before: "flush" },
  { before: "thrash", cacheBytes: 0, dirtyBytes: 0 },
  { before: "flush and thrash", cacheBytes: 0 },
];

describeWithLoopMounts("many calls on a cold tree", () => {
  test.each(Array.from({ length: 12 }, (_, i) => 100 + i))("random ones, seed %i", async (seed) => {
    await expectEqual(32 * mib, await formatted(32 * mib, 2048), randomCalls(seed, 800));
  });

  test("chosen ones", async () => {
    await expectEqual(preparedBytes, await preparedImage(wideDirectory()), chosenCalls(), keepings);
  });

  test.each<[string, Keeping, Keeping]>([
    ["within one opening", { walked: true }, { before: "thrash", cacheBytes: 0 }],
    [
      "with a flush before each",
      { before: "flush", walked: true },
      { before: "flush and thrash", cacheBytes: 0 },
    ],
    ["with an opening before each", { before: "reopen and walk" }, { before: "reopen" }],
    ["with an opening and no cache", { before: "reopen and walk" }, { before: "reopen", cacheBytes: 0 }],
  ])("numbers and places %s", async (_, warmKeeping, coldKeeping) => {
    const image = await spreadImage(wideDirectory());
    const warm = await play(spreadBytes, image, spreadCalls(), warmKeeping);
    const cold = await play(spreadBytes, image, spreadCalls(), coldKeeping);
    expectSameImage(spreadBytes, cold, warm);
  });
});
