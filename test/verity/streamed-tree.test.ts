/** Trees of data that come in pieces, with zeros and rewritten blocks, against formatting the finished data. */
import fc from "fast-check";
import { startThreadedDigests } from "sealstone/node";
import { describe, expect, test } from "vitest";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { type BatchDigestsFactory, batchesOnThisThread } from "../../src/verity/batch-digests.ts";
import { singleThreadDigests } from "../../src/verity/block-digester.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { StreamedTree } from "../../src/verity/streamed-tree.ts";
import { TreeBuilder } from "../../src/verity/tree-builder.ts";

const salt: Uint8Array = new Uint8Array(32).fill(7);
/** Small blocks make deep trees of little data. */
const small: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt,
  dataBlockSize: 512,
  hashBlockSize: 512,
};
const ordinary: VerityParameters = { ...small, dataBlockSize: 4096, hashBlockSize: 4096 };

type Step =
  | { readonly kind: "data"; readonly sizeBytes: number }
  | { readonly kind: "zeros"; readonly sizeBytes: number }
  /** Whole blocks, announced; `again` of them are written anew at the end. */
  | { readonly kind: "rewritable"; readonly blocks: number; readonly again: boolean; readonly late: boolean };

interface Grown {
  readonly rootHash: Uint8Array;
  readonly dataBlocks: number;
  readonly tree: Uint8Array;
  /** What the tap saw, over zeros. */
  readonly tapped: Uint8Array;
  /** What the caller meant. */
  readonly data: Uint8Array;
}

/** Bytes that differ from block to block and are never zero. */
function someBytes(sizeBytes: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => 1 + ((i * 31 + seed * 17 + (i >> 8)) % 255));
}

async function grow(
  parameters: VerityParameters,
  steps: readonly Step[],
  batches?: BatchDigestsFactory,
): Promise<Grown> {
  const blockSize = parameters.dataBlockSize;
  const data: number[] = [];
  const levels: Map<number, Uint8Array>[] = [];
  const tapped: [number, Uint8Array][] = [];
  const tree = await StreamedTree.create({
    parameters,
    levels: "at-least-one",
    ...(batches && { batches }),
    sink: (level, firstIndex, blocks) => {
      levels[level] ??= new Map();
      for (let i = 0; i < blocks.length; i += parameters.hashBlockSize) {
        levels[level].set(
          firstIndex + i / parameters.hashBlockSize,
          blocks.slice(i, i + parameters.hashBlockSize),
        );
      }
    },
    tap: (offsetBytes, bytes) => tapped.push([offsetBytes, bytes.slice()]),
  });
  const put = (offset: number, bytes: Uint8Array): void => {
    for (const [i, byte] of bytes.entries()) data[offset + i] = byte;
  };
  try {
    const late = await take(tree, blockSize, steps, put);
    const rest = (blockSize - (tree.sizeBytes % blockSize)) % blockSize;
    put(tree.sizeBytes, new Uint8Array(rest));
    await tree.appendZeros(rest);
    for (const rewrite of late) rewrite();
    const { rootHash, dataBlocks } = await tree.finish();
    const flat = levels.toReversed().flatMap((level) => {
      return [...level].sort(([a], [b]) => a - b).map(([, block]) => block);
    });
    const image = new Uint8Array(data.length);
    for (const [offset, bytes] of tapped) image.set(bytes, offset);
    return { rootHash, dataBlocks, tree: joined(flat), tapped: image, data: Uint8Array.from(data) };
  } finally {
    tree.close();
  }
}

/** Does the steps, and says what is to be done at the end. */
async function take(
  tree: StreamedTree,
  blockSize: number,
  steps: readonly Step[],
  put: (offset: number, bytes: Uint8Array) => void,
): Promise<readonly (() => void)[]> {
  const late: (() => void)[] = [];
  for (const [seed, step] of steps.entries()) {
    const offset = tree.sizeBytes;
    if (step.kind === "zeros") {
      await tree.appendZeros(step.sizeBytes);
      put(offset, new Uint8Array(step.sizeBytes));
      continue;
    }
    if (step.kind === "data") {
      const bytes = someBytes(step.sizeBytes, seed);
      put(offset, bytes);
      await tree.append(bytes);
      bytes.fill(0xee);
      continue;
    }
    const toBorder = (blockSize - (offset % blockSize)) % blockSize;
    await tree.appendZeros(toBorder);
    put(offset, new Uint8Array(toBorder));
    const start = offset + toBorder;
    const bytes = someBytes(step.blocks * blockSize, seed);
    put(start, bytes);
    await tree.appendRewritable(bytes);
    if (!step.again) continue;
    const rewrite = (): void => {
      const anew = someBytes(bytes.length, seed + 1000 + late.length);
      put(start, anew);
      tree.rewrite(start, anew);
    };
    rewrite();
    if (step.late) late.push(rewrite);
  }
  return late;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** The same by the way of a finished device. */
async function formatted(
  parameters: VerityParameters,
  data: Uint8Array,
): Promise<{ rootHash: Uint8Array; tree: Uint8Array }> {
  const dataBlocks = data.length / parameters.dataBlockSize;
  const geometry = treeGeometry(parameters, dataBlocks, 0, { levels: "at-least-one" });
  const tree = new Uint8Array(geometry.hashBlocks * parameters.hashBlockSize);
  const builder = await TreeBuilder.create(geometry, parameters, async (offset, blocks) => {
    tree.set(blocks, offset);
  });
  const device = new MemoryDevice(data);
  for await (const { digests } of singleThreadDigests.digests({ device, parameters, dataBlocks })) {
    await builder.add(digests);
  }
  const rootHash = await builder.finish();
  builder.close();
  return { rootHash, tree };
}

async function expectSame(parameters: VerityParameters, grown: Grown): Promise<void> {
  const { rootHash, tree } = await formatted(parameters, grown.data);
  expect(grown.dataBlocks).toBe(grown.data.length / parameters.dataBlockSize);
  expect(grown.rootHash).toEqual(rootHash);
  expect(Buffer.compare(grown.tree, tree)).toBe(0);
  expect(Buffer.compare(grown.tapped, grown.data)).toBe(0);
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("data" as const), sizeBytes: fc.integer({ min: 0, max: 5000 }) }),
  fc.record({ kind: fc.constant("zeros" as const), sizeBytes: fc.integer({ min: 0, max: 9000 }) }),
  fc.record({
    kind: fc.constant("rewritable" as const),
    blocks: fc.integer({ min: 1, max: 20 }),
    again: fc.boolean(),
    late: fc.boolean(),
  }),
);
const anySteps: fc.Arbitrary<Step[]> = fc
  .array(anyStep, { minLength: 1, maxLength: 40 })
  .filter((steps) => steps.some((step) => step.kind === "rewritable" || step.sizeBytes > 0));

describe("a tree of data in pieces is that of the finished data", () => {
  test("any pieces, zeros and rewritten blocks, deep trees", async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, async (steps) => expectSame(small, await grow(small, steps))),
      { numRuns: 100 },
    );
  });

  test("block 0 and blocks far apart, final only at the end", async () => {
    const steps: Step[] = [{ kind: "rewritable", blocks: 9, again: true, late: true }];
    for (let i = 0; i < 30; i++) {
      steps.push({ kind: "data", sizeBytes: 400_000 }, { kind: "zeros", sizeBytes: i * 4096 });
      if (i % 10 === 3) steps.push({ kind: "rewritable", blocks: 1, again: true, late: i > 10 });
    }
    await expectSame(ordinary, await grow(ordinary, steps));
  });

  test("one block, and a hole alone", async () => {
    await expectSame(ordinary, await grow(ordinary, [{ kind: "data", sizeBytes: 1 }]));
    await expectSame(ordinary, await grow(ordinary, [{ kind: "zeros", sizeBytes: 40_000_000 }]));
  });

  test("sixteen GiB of zeros take no time", async () => {
    const tree = await StreamedTree.create({ parameters: ordinary, levels: "at-least-one" });
    await tree.appendRewritable(new Uint8Array(4096));
    await tree.appendZeros(2 ** 34 - 4096);
    const { dataBlocks } = await tree.finish();
    tree.close();
    expect(dataBlocks).toBe(2 ** 22);
  });
});

const manySteps: readonly Step[] = Array.from({ length: 60 }, (_, i): Step => {
  if (i % 7 === 0) return { kind: "rewritable", blocks: 3, again: true, late: true };
  if (i % 5 === 0) return { kind: "zeros", sizeBytes: 100_000 };
  return { kind: "data", sizeBytes: 77_777 * (i % 9) };
});

describe("by a pool of threads", () => {
  test.each([
    ["with this one's help", true],
    ["alone", false],
  ])("%s", async (_, helps) => {
    await using pool = startThreadedDigests(2);
    const own = helps ? batchesOnThisThread(createBlockHasher) : undefined;
    await expectSame(ordinary, await grow(ordinary, manySteps, pool.batches(own)));
    expect(pool.shares.reduce((sum: number, share: number) => sum + share, 0)).toBeGreaterThan(0);
  });

  test("whose thread dies fails the stream, and no promise is left unheard", async () => {
    const pool = startThreadedDigests(1);
    const tree = await StreamedTree.create({ parameters: ordinary, batches: pool.batches() });
    await pool.close();
    const pushed = (async () => {
      for (let i = 0; i < 5000; i++) await tree.append(someBytes(65_536, i));
      await tree.finish();
    })();
    await expect(pushed).rejects.toMatchObject({ name: "StateError", code: "closed" });
    tree.close();
  });
});

test("what cannot be is an invariant's failure", async () => {
  const tree = await StreamedTree.create({ parameters: ordinary });
  await tree.append(new Uint8Array(8192));
  const invariant = expect.objectContaining({ name: "InvariantError" });
  expect(() => tree.rewrite(4096, new Uint8Array(4096))).toThrow(invariant);
  expect(() => tree.rewrite(100, new Uint8Array(4096))).toThrow(invariant);
  expect(() => tree.rewrite(8192, new Uint8Array(4096))).toThrow(invariant);
  await tree.append(new Uint8Array(1));
  expect(() => tree.appendRewritable(new Uint8Array(4096))).toThrow(invariant);
  await expect(tree.finish()).rejects.toMatchObject({ name: "InvariantError" });
  tree.close();
});

test("a sink that fails ends the stream with its own error", async () => {
  const failure = new Error("disk full");
  const tree = await StreamedTree.create({
    parameters: small,
    sink: () => {
      throw failure;
    },
  });
  await tree.append(new Uint8Array(2_048_000).fill(1));
  await expect(tree.finish()).rejects.toBe(failure);
  tree.close();
});
