/** Mutated tars: each is read whole or refused, in bounded memory, and comes to an end. */
import { expect } from "vitest";
import { StorageError } from "../../src/errors.ts";
import { TarReader } from "../../src/tar/index.ts";
import type { AllocationMeter } from "../fuzz/allocation-meter.ts";
import type { SeededRandom } from "../verity/seeded-random.ts";
import { mutateTar, randomTar } from "./random-tar.ts";
import { inChunks } from "./read-tar.ts";

/** Pieces of content that one archive may give at most: each takes a chunk, or an entry of a sparse map. */
const maxPieces = 10_000;

/** What became of the cases. */
export interface FuzzOutcomes {
  whole: number;
  refused: number;
}

/** Reads one archive, holding to account what it takes and gives. */
async function readCase(tar: Uint8Array, chunkSizeBytes: number): Promise<boolean> {
  const reader = new TarReader(inChunks(tar, chunkSizeBytes));
  let dataBytes = 0;
  let pieces = 0;
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      expectBounded(entry.name.length + entry.linkName.length <= 2 * tar.length + 512, "names");
      let sizeBytes = 0;
      for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) {
        const length = piece.kind === "data" ? piece.bytes.length : piece.lengthBytes;
        expectBounded(length > 0 && ++pieces < maxPieces, "pieces");
        if (piece.kind === "data") dataBytes += length;
        sizeBytes += length;
      }
      expectBounded(sizeBytes === entry.sizeBytes, "content");
    }
    expectBounded(dataBytes <= tar.length && reader.offsetBytes <= tar.length, "data");
    return true;
  } catch (error) {
    if (!(error instanceof StorageError) || error.name !== "FormatError") throw error;
    expectBounded((error.at.offsetBytes ?? -1) >= 0 && (error.at.offsetBytes ?? 0) <= tar.length, "place");
    return false;
  }
}

/** An assertion for each of millions of steps would take longer than what it checks. */
function expectBounded(holds: boolean, what: string): void {
  if (!holds) expect.fail(`${what} are not as the archive allows`);
}

/** Runs `cases` cases, on archives that are made anew every so often, each within what its size allows. */
export async function fuzzTars(
  random: SeededRandom,
  cases: number,
  meter: AllocationMeter,
): Promise<FuzzOutcomes> {
  const outcomes = { whole: 0, refused: 0 };
  let base = randomTar(random);
  for (let i = 0; i < cases; i++) {
    if (i % 40 === 0) base = randomTar(random);
    const tar = mutateTar(base, random);
    meter.begin();
    const isWhole = await readCase(tar, random.pick([100, 512, 4096, 1 << 20]));
    meter.end(tar.length);
    outcomes[isWhole ? "whole" : "refused"]++;
  }
  return outcomes;
}
