/** As `broken-policies.test.ts`: a million, in pieces that say by their seed which of them failed. */
import { expect, test } from "vitest";
import { enforceBroken } from "./broken-policies.ts";

const pieces = 40;
const pieceLength = 25_000;

test.each(Array.from({ length: pieces }, (_, i) => 100 + i))(
  "broken policies of seed %i are refused or decide",
  { timeout: 3_600_000 },
  async (seed) => {
    expect(await enforceBroken(seed, pieceLength)).toBeGreaterThan(pieceLength / 10);
  },
);
