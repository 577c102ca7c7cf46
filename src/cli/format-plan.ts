/** What `format` is to write, and where: all that can be refused before a byte is written is refused here. */
import { type TreeGeometry, treeGeometry } from "../verity/geometry.ts";
import type { VerityParameters } from "../verity/identity.ts";
import { firstHashBlock, type VerityPlacement } from "../verity/placement.ts";
import { SUPERBLOCK_SIZE_BYTES } from "../verity/superblock.ts";
import { parseUuid, randomUuid, uuidText } from "../verity/uuid.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import type { VerityOptions } from "./verity-options.ts";
import {
  algorithmFrom,
  checkFecParameters,
  type FecOptions,
  fecFrom,
  placementFrom,
  plainParameters,
  randomSalt,
} from "./verity-parameters.ts";
import type { VolumeFiles } from "./volume-files.ts";

/** A page, as most machines have it: the largest data block that their kernels open. */
export const pageSizeBytes = 4096;

/** What is to be written, and where. */
export interface FormatPlan {
  readonly dataPath: string;
  readonly hashPath: string;
  readonly parameters: VerityParameters;
  readonly algorithmText: string;
  readonly placement: VerityPlacement;
  readonly geometry: TreeGeometry;
  /** What the hash device must hold. */
  readonly hashAreaEndBytes: number;
  readonly fec: FecOptions | undefined;
  readonly uuid: Uint8Array;
  /** As the caller wrote it; none without a superblock. */
  readonly uuidText: string | undefined;
}

/**
 * Plans a format, with the hash device (and the parity's) already made.
 *
 * @throws {CommandFailure} for what cannot be, in veritysetup's order and words.
 */
export async function planFormat(
  options: VerityOptions,
  files: VolumeFiles,
  dataPath: string,
  hashPath: string,
): Promise<FormatPlan> {
  const plain = plainParameters(options, randomSalt);
  const placement = placementFrom(options);
  const fec = fecFrom(options);
  const uuid = options.uuid === undefined ? randomUuid() : uuidFrom(options.uuid, hashPath);
  const dataSizeBytes = await files.sizeBytesOf(dataPath);
  await files.sizeBytesOf(hashPath);
  const dataBlocks = dataBlocksFrom(options.dataBlocks, dataSizeBytes, plain.dataBlockSize, dataPath);
  const dataEndBytes = dataBlocks * plain.dataBlockSize;
  if (dataEndBytes > placement.hashOffsetBytes && (await files.identical(dataPath, hashPath))) {
    throw overlap("Data area overlaps with hash area.", "--hash-offset", dataEndBytes);
  }
  const { algorithm, text } = algorithmFrom(options);
  const parameters = { ...plain, algorithm };
  if (fec !== undefined) checkFecParameters(fec, parameters);
  const geometry = treeGeometry(parameters, dataBlocks, firstHashBlock(placement, parameters.hashBlockSize));
  const hashEndBytes = hashAreaEndBytes(geometry, placement);
  if (fec !== undefined) {
    if (fec.offsetBytes < hashEndBytes && (await files.identical(hashPath, fec.device))) {
      throw overlap("Hash area overlaps with FEC area.", "--fec-offset", hashEndBytes);
    }
    if (fec.offsetBytes < dataEndBytes && (await files.identical(dataPath, fec.device))) {
      throw overlap("Data area overlaps with FEC area.", "--fec-offset", dataEndBytes);
    }
  }
  return {
    dataPath,
    hashPath,
    parameters,
    algorithmText: text,
    placement,
    geometry,
    hashAreaEndBytes: hashEndBytes,
    fec,
    uuid,
    uuidText: placement.superblock ? (options.uuid ?? uuidText(uuid)) : undefined,
  };
}

/**
 * Where the hash area ends, as veritysetup leaves a file that it made: a
 * superblock without a tree is padded to a page, or to a hash block if that is less.
 */
function hashAreaEndBytes(geometry: TreeGeometry, placement: VerityPlacement): number {
  if (geometry.hashBlocks > 0) return geometry.endBlock * geometry.hashBlockSize;
  if (!placement.superblock) return 0;
  const unit = Math.min(pageSizeBytes, geometry.hashBlockSize);
  return Math.ceil((placement.hashOffsetBytes + SUPERBLOCK_SIZE_BYTES) / unit) * unit;
}

function dataBlocksFrom(
  wanted: number | undefined,
  sizeBytes: number,
  blockSize: number,
  path: string,
): number {
  const available = Math.floor(sizeBytes / blockSize);
  if (available === 0) {
    throw refusal(
      `Device ${path} is too small.`,
      `It has ${sizeBytes} bytes; a data block has ${blockSize}.`,
    );
  }
  // As with veritysetup, 0 is as good as not given.
  if (wanted === undefined || wanted === 0) return available;
  if (wanted > available) {
    throw refusal(
      "Input/output error while creating hash area.",
      `--data-blocks is ${wanted}; ${path} has ${available} blocks of ${blockSize} bytes.`,
    );
  }
  return wanted;
}

function uuidFrom(text: string, hashPath: string): Uint8Array {
  try {
    return parseUuid(text);
  } catch (cause) {
    throw new CommandFailure(
      exitCodes.failure,
      `Wrong VERITY UUID format provided on device ${hashPath}.\n--uuid is written 8-4-4-4-12 hex digits.`,
      { cause },
    );
  }
}

function overlap(message: string, option: string, endBytes: number): CommandFailure {
  return refusal(message, `${option} is ${endBytes} at least.`);
}

function refusal(message: string, advice: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${message}\n${advice}`);
}
