import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { LeafTable } from "../../../src/layer/explain/leaf-table.ts";
import {
  rootHashOfLeaves,
  type TreeVariant,
  variantsDiffer,
} from "../../../src/layer/explain/tree-variant.ts";

const salt = new Uint8Array(32);
const sha256 = (block: Uint8Array): Uint8Array => createHash("sha256").update(salt).update(block).digest();

/** Level by level as the Go source has it: digests are gathered, padded, and hashed again until one block is left. */
function reference(leaves: Uint8Array, variant: TreeVariant): string {
  for (let level = leaves; ; ) {
    const rest = level.length % 4096;
    const padding = variant === "before-1659" || rest > 0 ? 4096 - rest : 0;
    const padded = new Uint8Array(level.length + padding);
    padded.set(level);
    if (padded.length === 4096) return toHex(sha256(padded));
    const next = new Uint8Array(padded.length / 128);
    for (let at = 0; at < padded.length; at += 4096)
      next.set(sha256(padded.subarray(at, at + 4096)), at / 128);
    level = next;
  }
}

test.each([1, 7, 127, 128, 129, 255, 256, 16_383, 16_384, 16_385, 16_512])(
  "%i data blocks",
  async (dataBlocks) => {
    const leaves = Uint8Array.from({ length: dataBlocks * 32 }, (_, at) => (at * 7919) >> 5);
    const standard = toHex(await rootHashOfLeaves(LeafTable.of(leaves), "standard"));
    const before = toHex(await rootHashOfLeaves(LeafTable.of(leaves), "before-1659"));
    expect(standard).toBe(reference(leaves, "standard"));
    expect(before).toBe(reference(leaves, "before-1659"));
    expect(variantsDiffer(dataBlocks)).toBe(standard !== before);
  },
);
