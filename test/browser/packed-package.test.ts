/** The packed package, installed into an empty folder, in a browser. */
import { expect, inject, test } from "vitest";

test("runs the program", async () => {
  const { smoke } = (await import(/* @vite-ignore */ `/@fs${inject("consumer")}/smoke.js`)) as {
    smoke: () => Promise<string[]>;
  };
  const lines = await smoke();
  expect(lines).toHaveLength(9);
});
