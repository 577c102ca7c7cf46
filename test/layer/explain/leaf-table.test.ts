/** The table of digests against plain arrays, and what holes take. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { toHex } from "../../../src/bytes/hex.ts";
import { NativeSha256Hasher } from "../../../src/crypto/native-hasher.node.ts";
import { LeafDigests } from "../../../src/layer/explain/leaf-digests.ts";
import { LeafTable } from "../../../src/layer/explain/leaf-table.ts";
import { rootHashOfLeaves } from "../../../src/layer/explain/tree-variant.ts";
import { layerVerityParameters } from "../../../src/layer/verity-parameters.ts";
import { StreamedTree } from "../../../src/verity/streamed-tree.ts";
import { AllocationMeter } from "../../fuzz/allocation-meter.ts";

const digest = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const zeros = LeafTable.of(new Uint8Array());
zeros.pushZeros(1);
const zero = new Uint8Array(32);
zeros.copy(0, zero);

test("digests, zeros and replacements in any order", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), count: fc.integer({ min: 0, max: 5000 }) }),
    fc.record({ kind: fc.constant("zeros" as const), count: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ kind: fc.constant("set" as const), count: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      const table = new LeafTable();
      const model: Uint8Array[] = [];
      for (const [i, { kind, count }] of steps.entries()) {
        if (kind === "push") {
          table.push(new Uint8Array(32 * count).fill(i));
          for (let k = 0; k < count; k++) model.push(digest(i));
        } else if (kind === "zeros") {
          table.pushZeros(count);
          for (let k = 0; k < count; k++) model.push(zero);
        } else if (model.length > 0) {
          table.set(count % model.length, digest(i));
          model[count % model.length] = digest(i);
        }
      }
      expect(table.count).toBe(model.length);
      const copied = new Uint8Array(32 * model.length + 32);
      expect(table.copy(0, copied)).toBe(32 * model.length);
      expect(Buffer.compare(copied.subarray(0, -32), Buffer.concat(model))).toBe(0);
      for (let leaf = 0; leaf < model.length; leaf += 997) {
        expect(table.equals(leaf, zeros, 0)).toBe(Buffer.compare(model[leaf] as Uint8Array, zero) === 0);
      }
    }),
    { numRuns: 30 },
  );
});

test("a hole of 16 GiB that an archive merely claims takes next to nothing", async () => {
  using meter = new AllocationMeter();
  meter.begin();
  using digests = await LeafDigests.create(async (options) => new NativeSha256Hasher(options));
  digests.append(new Uint8Array(4096).fill(1));
  digests.appendZeros(2 ** 34);
  const leaves = digests.finish();
  meter.end(0);
  expect(leaves.count).toBe(2 ** 22 + 1);
  expect(meter.mostBytes).toBeLessThan(2 ** 21);
  const tree = await StreamedTree.create({ parameters: layerVerityParameters(), levels: "at-least-one" });
  await tree.append(new Uint8Array(4096).fill(1));
  await tree.appendZeros(2 ** 34);
  const { rootHash } = await tree.finish();
  tree.close();
  expect(toHex(await rootHashOfLeaves(leaves, "standard"))).toBe(toHex(rootHash));
});
