import { expect, test } from "vitest";
import { wipe } from "../../src/bytes/index.ts";

test("zeroes the view, and nothing beside it", () => {
  const memory = new Uint8Array(10).fill(7);
  wipe(memory.subarray(2, 6));
  expect([...memory]).toEqual([7, 7, 0, 0, 0, 0, 7, 7, 7, 7]);
});
