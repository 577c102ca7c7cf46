/** Maps of devices of any size: bounded, and losing no bad block. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellState, mapCells } from "../../src/cli/block-map.ts";
import { blockState, treeFindings } from "../../src/cli/tree-findings.ts";
import { verifyJson, verifyLines } from "../../src/cli/verify-output.ts";
import { BlockRanges } from "../../src/verity/block-ranges.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { BadHashBlock, VerityReport } from "../../src/verity/verify-report.ts";

function ranges(...blocks: readonly (readonly [number, number])[]): BlockRanges {
  const made = new BlockRanges();
  for (const [first, count] of blocks) made.add(first, count);
  return made;
}

function reportOf(unreadable: BlockRanges, badHashBlocks: readonly BadHashBlock[] = []): VerityReport {
  return {
    ok: false,
    rootHashMatches: true,
    unreadableBlocks: unreadable,
    badHashBlocks,
    badHashBlockCount: badHashBlocks.length,
    repairedBlocks: ranges(),
    repairedHashBlocks: [],
    readFailures: [],
    firstMismatch: { kind: "data-block", offsetBytes: 0 },
  };
}

describe("map", () => {
  test("every block is in one cell, and each state is counted once", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 300 }),
      fc.array(fc.nat(4999), { maxLength: 40 }),
      (blocks, maxCells, picked) => {
        const bad = new BlockRanges();
        for (const block of picked) if (block < blocks) bad.add(block);
        const cells = mapCells(blocks, maxCells, { bad, lost: ranges(), repaired: ranges() });
        expect(cells.length).toBeLessThanOrEqual(maxCells);
        let next = 0;
        for (const cell of cells) {
          expect(cell.first).toBe(next);
          next += cell.count;
          expect(cellState(cell) === "bad").toBe(cell.bad > 0);
        }
        expect(next).toBe(blocks);
        expect(cells.reduce((sum, cell) => sum + cell.bad, 0)).toBe(bad.blocks);
      },
    );
    fc.assert(property);
  });

  test("one bad block of 2^40 shows", () => {
    const cells = mapCells(2 ** 40, 3072, {
      bad: ranges([2 ** 39 + 7, 1]),
      lost: ranges(),
      repaired: ranges(),
    });
    expect(cells.length).toBeLessThanOrEqual(3072);
    expect(cells.filter((cell) => cellState(cell) === "bad")).toHaveLength(1);
  });
});

describe("findings", () => {
  const salt = new Uint8Array(0);
  const parameters = {
    hashType: 1,
    algorithm: "sha256",
    salt,
    dataBlockSize: 512,
    hashBlockSize: 512,
  } as const;
  const geometry = treeGeometry(parameters, 5000, 1);

  test("a bad hash block leaves everything below it lost, and the rest of the bad blocks bad", () => {
    const badHashBlocks: BadHashBlock[] = [{ level: 1, index: 3, reason: "digest-mismatch" }];
    const under = geometry.dataBlocksUnder(1, 3);
    const unreadable = ranges([under.first, under.count], [under.first - 1, 1], [4999, 1], [0, 2]);
    const findings = treeFindings(geometry, reportOf(unreadable, badHashBlocks));
    expect([...findings.data.bad]).toEqual([
      { first: 0, count: 2 },
      { first: under.first - 1, count: 1 },
      { first: 4999, count: 1 },
    ]);
    expect([...findings.data.lost]).toEqual([under]);
    expect([...(findings.levels[0]?.lost ?? [])]).toEqual([{ first: 48, count: 16 }]);
    expect([...(findings.levels[1]?.bad ?? [])]).toEqual([{ first: 3, count: 1 }]);
    expect(blockState(findings.data, under.first)).toBe("lost");
    expect(blockState(findings.data, under.first - 1)).toBe("bad");
    expect(blockState(findings.data, 100)).toBe("good");
  });
});

describe("lists of verify", () => {
  const premises = { geometrySource: "identity", correctedBytes: undefined } as const;

  test("hold a million numbers at most, and then say that there are more", () => {
    const million = reportOf(ranges([0, 1_000_000]));
    expect(verifyJson({ ...premises, report: million })).not.toHaveProperty("truncated");
    const more = verifyJson({ ...premises, report: reportOf(ranges([0, 2 ** 40])) });
    expect(more).toMatchObject({ truncated: true, ok: false });
    expect(more["unreadableBlocks"]).toHaveLength(1_000_000);
  });

  test("are short for a person", () => {
    const lines = verifyLines({ ...premises, report: reportOf(ranges([0, 2 ** 40], [2 ** 41, 1])) });
    expect(lines.at(-1)).toBe(
      "1 099 511 627 777 data blocks cannot be read: 0-1099511627775, 2199023255552.",
    );
    const scattered = new BlockRanges();
    for (let i = 0; i < 100; i++) scattered.add(3 * i);
    expect(verifyLines({ ...premises, report: reportOf(scattered) }).at(-1)).toMatch(
      /^100 data blocks cannot be read: 0, 3, .* 45 and 84 more \(--json lists them\)\.$/,
    );
  });
});
