/** The packed package, installed into an empty folder, in a browser. */
import { expect, inject, test } from "vitest";
import { expected } from "../package/expected.ts";

test("runs the program", async () => {
  const program = (await import(/* @vite-ignore */ `/@fs${inject("consumer")}/smoke.js`)) as {
    smoke: () => Promise<unknown>;
  };
  expect(await program.smoke()).toEqual(expected);
});
