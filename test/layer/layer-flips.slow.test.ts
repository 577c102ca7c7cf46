import { expect, test } from "vitest";
import { expectFlipsFound } from "./flipped-layer.ts";
import { ends } from "./layer-parts.ts";

test("H1 H2 H3: a bit flipped in any byte of an image is found, or is the UUID's", async () => {
  const offsets = Array.from({ length: ends.image }, (_, offset) => offset);
  expect(await expectFlipsFound(offsets)).toBe(ends.image);
});
