/** What `format` and `dump` tell of error correction. */

import { CommandFailure, exitCodes } from "./exit-codes.ts";
import type { FecInformation } from "./verity-information.ts";
import type { FecOptions } from "./verity-parameters.ts";

/** Symbols in a codeword of the Reed–Solomon code. */
const codewordBytes = 255;

/** What parity covers: the data, and the hash device from its first hash block to its end or to the parity. */
export interface FecCoverage {
  readonly dataBlocks: number;
  readonly blockSize: number;
  readonly firstHashBlock: number;
  readonly hashDeviceSizeBytes: number;
  readonly onHashDevice: boolean;
}

/**
 * As veritysetup counts it (`VERITY_FEC_blocks`), also where nothing was made
 * yet: `dump` believes its options.
 */
export function fecInformation(fec: FecOptions, coverage: FecCoverage): FecInformation | undefined {
  const { roots, offsetBytes } = fec;
  if (roots === 0) return undefined;
  if (roots > 24)
    throw new CommandFailure(exitCodes.failure, "Invalid number of parity bytes.\n--fec-roots is 2 to 24.");
  const hashEndBytes = coverage.onHashDevice ? offsetBytes : coverage.hashDeviceSizeBytes;
  const hashEnd = Math.floor(hashEndBytes / coverage.blockSize);
  const covered = coverage.dataBlocks + (hashEnd === 0 ? 0 : Math.max(0, hashEnd - coverage.firstHashBlock));
  const rounds = Math.ceil(covered / (codewordBytes - roots));
  return { roots, offsetBytes, parityBlocks: rounds * roots, onHashDevice: coverage.onHashDevice };
}
