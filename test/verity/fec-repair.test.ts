import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { IntegrityError } from "../../src/errors.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import { FecRepairer } from "../../src/verity/fec-repair.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { corruptedVolume, corruptions } from "./corruptions.ts";
import { unreadableBlocks } from "./fec-model.ts";
import {
  copyOf,
  hashMessageBlock,
  loseBlock,
  makeFecVolume,
  messageBlock,
  verifyWithFec,
} from "./fec-volume.ts";
import { goldenData, goldenIdentity, goldenPlacement } from "./golden.ts";

/** Reads block by block, as the kernel was asked to: what is refused stays zeros. */
async function readEveryBlock(
  device: BlockDevice,
  blockSize: number,
): Promise<{ refused: number[]; bytes: Uint8Array }> {
  const bytes = new Uint8Array(device.sizeBytes);
  const refused: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += blockSize) {
    try {
      await device.read(offset, bytes.subarray(offset, offset + blockSize));
    } catch (error) {
      expect(error).toBeInstanceOf(IntegrityError);
      refused.push(offset / blockSize);
    }
  }
  return { refused, bytes };
}

describe("golden corruptions", () => {
  const withFec = corruptions.filter(({ base }) => base.includes("fec"));

  test("are there", () => {
    expect(withFec.length).toBeGreaterThanOrEqual(7);
  });

  describe.each(["tree", "data-blocks"] as const)("erasures located by %s", (locate) => {
    test.each(withFec)("$name: verify names the blocks that Linux 6.12 refuses", async (corruption) => {
      const { volume, data, hash, fec, rootHash } = corruptedVolume(corruption);
      const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash) };
      const identity = { ...goldenIdentity(volume), rootHash };
      const placement = goldenPlacement(volume);
      const roots = volume.name.includes("fec24") ? 24 : 2;
      const repairer = FecRepairer.open({
        ...{ ...devices, identity, placement, locate },
        fec: { roots, device: new MemoryDevice(fec), offsetBytes: 0 },
      });
      const report = await verifyVerity({ ...devices, identity, placement, repairer });
      repairer.close();
      const expected = corruption.kernel["6.12"]?.bad_blocks;
      expect(report.unreadableBlocks.numbers()).toEqual(expected);
      expect(report.ok).toBe(expected?.length === 0);
    });

    test.each(withFec)("$name: a verified device refuses those, and reads the others", async (corruption) => {
      const { volume, data, hash, fec, rootHash } = corruptedVolume(corruption);
      const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash) };
      const identity = { ...goldenIdentity(volume), rootHash };
      const placement = goldenPlacement(volume);
      const roots = volume.name.includes("fec24") ? 24 : 2;
      const repairer = FecRepairer.open({
        ...{ ...devices, identity, placement, locate },
        fec: { roots, device: new MemoryDevice(fec), offsetBytes: 0 },
      });
      await using device = await VerityDevice.open({ ...devices, identity, placement, repairer });
      const { refused, bytes } = await readEveryBlock(device, identity.dataBlockSize);
      expect(refused).toEqual(corruption.kernel["6.12"]?.bad_blocks);
      const truth = goldenData(volume);
      for (const block of refused) truth.fill(0, block * 4096, (block + 1) * 4096);
      expect(Buffer.compare(bytes, truth)).toBe(0);
    });
  });
});

describe("lost blocks", () => {
  test.each([2, 3, 8, 24])("with %i roots: as many of a codeword come back, and no more", async (roots) => {
    const volume = await makeFecVolume(1200, roots);
    const { rounds } = volume.layout;
    const lost = Array.from({ length: roots + 1 }, (_, i) => (3 * i + 1) * rounds);
    const within = copyOf(volume);
    for (const block of lost.slice(1)) loseBlock(within, block);
    const repaired = await verifyWithFec(within);
    expect(repaired.report.ok).toBe(true);
    expect(repaired.report.repairedBlocks.numbers()).toEqual(lost.slice(1));
    expect(repaired.repairs).toEqual(lost.slice(1).map((block) => ({ block, correctedBytes: 512 })));
    const beyond = copyOf(volume);
    for (const block of lost) loseBlock(beyond, block);
    const refused = await verifyWithFec(beyond);
    expect(refused.report.ok).toBe(false);
    expect(refused.report.unreadableBlocks.numbers()).toEqual(lost);
    expect(refused.repairs).toEqual([]);
  });

  test("single bytes in more blocks than there are roots, each in a codeword of its own", async () => {
    const volume = await makeFecVolume(1200, 2);
    const blocks = Array.from({ length: 20 }, (_, i) => i * volume.layout.rounds + 1);
    for (const [i, block] of blocks.entries()) {
      const bytes = messageBlock(volume, block);
      bytes[i] = (bytes[i] as number) ^ 0x40;
    }
    const { report, repairs } = await verifyWithFec(volume);
    expect(report.ok).toBe(true);
    expect(repairs).toEqual(blocks.map((block) => ({ block, correctedBytes: 1 })));
  });

  test("a burst as long as all rounds", async () => {
    const volume = await makeFecVolume(1200, 2);
    const { rounds } = volume.layout;
    for (let block = 100; block < 100 + 2 * rounds; block++) loseBlock(volume, block);
    const { report } = await verifyWithFec(volume);
    expect(report.ok).toBe(true);
    expect([...report.repairedBlocks]).toEqual([{ first: 100, count: 2 * rounds }]);
  });

  test("the only block, whose digest is the root hash", async () => {
    const volume = await makeFecVolume(1, 2);
    loseBlock(volume, 0);
    expect((await verifyWithFec(volume)).report).toMatchObject({ ok: true, rootHashMatches: true });
  });
});

describe("lost hash blocks", () => {
  test.each([
    [0, 0],
    [0, 37],
    [1, 1],
    [2, 0],
  ])("level %i, block %i", async (level, index) => {
    const volume = await makeFecVolume(600, 2);
    loseBlock(volume, hashMessageBlock(volume, level, index));
    const { report, repairs } = await verifyWithFec(volume);
    expect(report).toMatchObject({
      ok: true,
      rootHashMatches: true,
      badHashBlocks: [],
      repairedHashBlocks: [{ level, index }],
    });
    expect(repairs).toEqual([{ level, block: index, correctedBytes: 512 }]);
  });

  test("the whole path from a leaf to the root, with the data below", async () => {
    const volume = await makeFecVolume(600, 8);
    for (const level of [0, 1, 2]) loseBlock(volume, hashMessageBlock(volume, level, 0));
    for (const block of [0, 3, 15]) loseBlock(volume, block);
    const { report } = await verifyWithFec(volume);
    expect(report.ok).toBe(true);
    expect(report.repairedBlocks.numbers()).toEqual([0, 3, 15]);
    expect(report.repairedHashBlocks).toHaveLength(3);
  });

  test("two of one codeword, located by their parents: further than the kernel", async () => {
    const volume = await makeFecVolume(600, 2);
    const { rounds } = volume.layout;
    const lost = [hashMessageBlock(volume, 0, 1), hashMessageBlock(volume, 0, 1 + 4 * rounds)];
    for (const block of lost) loseBlock(volume, block);
    expect((await verifyWithFec(volume)).report.ok).toBe(true);
    const { report } = await verifyWithFec(volume, "data-blocks");
    expect(report.unreadableBlocks.blocks).toBe(32);
  });
});

describe("damage elsewhere", () => {
  test("all parity lost: nothing is noticed while the data is whole, nothing repaired when it is not", async () => {
    const volume = await makeFecVolume(600, 4);
    volume.fec.fill(0xa5);
    expect((await verifyWithFec(volume)).report.ok).toBe(true);
    loseBlock(volume, 77);
    const { report } = await verifyWithFec(volume);
    expect(report.unreadableBlocks.numbers()).toEqual([77]);
  });

  test("bytes behind the tree are covered, and count", async () => {
    const volume = await makeFecVolume(600, 2, 40);
    const { rounds, blocks } = volume.layout;
    const block = (blocks - 1) % rounds;
    loseBlock(volume, block);
    expect((await verifyWithFec(volume)).report.ok).toBe(true);
    loseBlock(volume, blocks - 1);
    expect((await verifyWithFec(volume)).report.unreadableBlocks.numbers()).toEqual([block]);
  });
});

describe("against the plain rule", async () => {
  const volumes = [
    await makeFecVolume(700, 2, 3),
    await makeFecVolume(700, 3),
    await makeFecVolume(1500, 8),
    await makeFecVolume(2600, 24, 9),
  ];
  const damage = fc.record({
    volume: fc.constantFrom(...volumes),
    locate: fc.constantFrom("tree" as const, "data-blocks" as const),
    seed: fc.nat(),
    /** Where blocks are lost: number in the round, and rank, rounds taken from few so that losses meet. */
    losses: fc.array(fc.tuple(fc.nat(1), fc.nat(254)), { maxLength: 60 }),
    /** Hash blocks, from the root on. */
    hashLosses: fc.array(fc.nat(400), { maxLength: 4 }),
    parity: fc.array(fc.tuple(fc.nat(1), fc.nat(2)), { maxLength: 1 }),
  });

  test("lost blocks of data, tree and parity", async () => {
    await fc.assert(
      fc.asyncProperty(damage, async ({ volume: whole, locate, seed, losses, hashLosses, parity }) => {
        const volume = copyOf(whole);
        const { layout, geometry, roots } = volume;
        const blocks = new Set<number>();
        const most = seed % (2 * roots + 2);
        for (const [round, row] of losses.slice(0, most)) {
          const block = layout.blockAt(row % layout.rows, round % layout.rounds);
          if (block < layout.blocks) blocks.add(block);
        }
        for (const index of hashLosses) blocks.add(layout.dataBlocks + (index % geometry.hashBlocks));
        for (const block of blocks) loseBlock(volume, block, seed);
        for (const [round, bytes] of parity) {
          for (let column = 0; column < layout.blockSize; column++) {
            const at = ((round % layout.rounds) * layout.blockSize + column) * roots;
            for (let i = 0; i < bytes; i++) volume.fec[at + i] = (volume.fec[at + i] as number) ^ 0x99;
          }
        }
        const { report } = await verifyWithFec(volume, locate);
        const expected = unreadableBlocks(volume, {
          blocks,
          parity: new Map(parity.map(([round, bytes]) => [round % layout.rounds, bytes])),
          locateHashBlocks: locate === "tree",
        });
        expect(report.unreadableBlocks.numbers()).toEqual(expected);
        expect(report.ok).toBe(expected.length === 0);
      }),
      { numRuns: 120 },
    );
  });
});
