/**
 * What an image's metadata says of itself, held against what a layer is. All of
 * it is the host's word: file system size, verity superblock, what stands behind
 * the tree. Each is fetched once; sizes, salt and algorithm are a layer's own,
 * whatever the superblock claims.
 *
 *     one device:   file system | superblock block | tree | footer or nothing
 *     two devices:  file system | footer or nothing
 *                   superblock block | tree | footer or nothing
 *
 * Everything that is wrong is gathered. Opening refuses the first of it;
 * verification reports all.
 */
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, type StorageError } from "../errors.ts";
import { hashAreaEndBytes, type TreeGeometry } from "../verity/geometry.ts";
import type { VerityPlacement } from "../verity/placement.ts";
import type { Superblock } from "../verity/superblock.ts";
import { readFileSystemSize } from "./file-system-size.ts";
import { inspectTrailer, type LayerTrailer } from "./layer-trailer.ts";
import { legacyTreeBlocks } from "./legacy-tree.ts";
import { readMetadata } from "./metadata-read.ts";
import { checkLayerSuperblock } from "./superblock-check.ts";
import { LAYER_BLOCK_SIZE_BYTES, layerGeometry } from "./verity-parameters.ts";

/** The host's devices. */
export interface LayerDevices {
  /** Begins with the file system. */
  readonly data: BlockDevice;
  /** Begins with the verity superblock. Absent where everything stands on `data`. */
  readonly hash?: BlockDevice;
}

/** Where the parts of a layer lie. */
export interface LayerLayout {
  /** Size of the file system, in blocks of 4096. */
  readonly dataBlocks: number;
  /** Where the tree begins on the hash device; the superblock, which is done with, is not part of it. */
  readonly placement: VerityPlacement;
  readonly geometry: TreeGeometry;
}

/** How strictly an image is looked at. */
export interface InspectionOptions {
  /**
   * Takes a device that goes on behind its layer with bytes that are no footer or no sound one: a
   * partition, a disk that was rounded up. They are never read as data either way.
   */
  readonly ignoreTrailingBytes?: boolean;
  readonly signal?: AbortSignal;
}

/** See the head of this file. */
export interface LayerInspection {
  /** Absent where no tree can be looked for: the first problem says why. */
  readonly layout?: LayerLayout;
  /** Absent where there is none that can be parsed. */
  readonly superblock?: Superblock;
  /** What stands behind the last part of each device. */
  readonly trailers: readonly LayerTrailer[];
  /** What is wrong, in the order of the image; empty where the metadata is a layer's. */
  readonly problems: readonly StorageError[];
}

/**
 * Looks at an image's metadata.
 *
 * @throws {DeviceError} when a device fails.
 * @throws the signal's reason after an abort.
 */
export async function inspectLayer(
  { data, hash = data }: LayerDevices,
  { ignoreTrailingBytes = false, signal }: InspectionOptions = {},
): Promise<LayerInspection> {
  const problems: StorageError[] = [];
  const trailers: LayerTrailer[] = [];
  let sizeBytes: number;
  try {
    sizeBytes = await readFileSystemSize(data, signal);
    checkSize(data, sizeBytes);
  } catch (error) {
    return { trailers, problems: [malformed(error)] };
  }
  const dataBlocks = sizeBytes / LAYER_BLOCK_SIZE_BYTES;
  const note = async (device: BlockDevice, endBytes: number): Promise<void> => {
    const { trailer, problem } = await inspectTrailer(device, endBytes, signal);
    if (trailer !== undefined) trailers.push(trailer);
    if (problem !== undefined && !ignoreTrailingBytes) problems.push(problem);
  };
  if (hash !== data) await note(data, sizeBytes);
  const superblockOffset = hash === data ? sizeBytes : 0;
  const treeOffset = superblockOffset + LAYER_BLOCK_SIZE_BYTES;
  if (hash.sizeBytes < treeOffset) {
    problems.push(await noSuperblock(hash, superblockOffset, signal));
    return { trailers, problems };
  }
  const block = await readMetadata(hash, superblockOffset, LAYER_BLOCK_SIZE_BYTES, signal);
  const at = { device: hash.name, offsetBytes: superblockOffset };
  const found = checkLayerSuperblock(block, dataBlocks, at);
  problems.push(...found.problems);
  const superblock = found.superblock && { superblock: found.superblock };
  const geometry = layerGeometry(dataBlocks, treeOffset / LAYER_BLOCK_SIZE_BYTES);
  const placement = { hashOffsetBytes: treeOffset, superblock: false };
  const endBytes = hashAreaEndBytes(geometry, placement);
  if (hash.sizeBytes < endBytes) {
    const message = `the hash tree of ${dataBlocks} data blocks ends at byte ${endBytes}, ${hash.name} has ${hash.sizeBytes}: the image has been cut short`;
    problems.push(new FormatError("does-not-fit", message, { at: { device: hash.name } }));
    return { ...superblock, trailers, problems };
  }
  if (!ignoreTrailingBytes && isLegacy(hash.sizeBytes - endBytes, geometry)) problems.push(legacy(hash));
  else await note(hash, endBytes);
  return { layout: { dataBlocks, placement, geometry }, ...superblock, trailers, problems };
}

function checkSize(data: BlockDevice, sizeBytes: number): void {
  if (sizeBytes <= data.sizeBytes) return;
  const message = `the file system has ${sizeBytes} bytes, ${data.name} only ${data.sizeBytes}: the image has been cut short`;
  throw new FormatError("does-not-fit", message, { at: { device: data.name, field: "blocksCountLow" } });
}

/** A failed device is thrown on: it says nothing about the image. */
function malformed(error: unknown): StorageError {
  if (error instanceof FormatError) return error;
  throw error;
}

async function noSuperblock(
  hash: BlockDevice,
  offsetBytes: number,
  signal: AbortSignal | undefined,
): Promise<FormatError> {
  const at = { device: hash.name, offsetBytes };
  const { trailer } = await inspectTrailer(hash, offsetBytes, signal);
  const whole = trailer === undefined || trailer.footer !== undefined;
  const message = whole
    ? `${hash.name} has no verity superblock and no hash tree behind its file system: build the layer with both, or name the device that has them`
    : `${hash.name} ends before its verity superblock does: the image has been cut short`;
  return new FormatError("truncated", message, { at });
}

/** Whether what is left over makes up for the blocks that a tree had more of before 2023. */
function isLegacy(restBytes: number, geometry: TreeGeometry): boolean {
  const extraBlocks = legacyTreeBlocks(geometry.dataBlocks) - geometry.hashBlocks;
  return extraBlocks > 0 && Math.floor(restBytes / LAYER_BLOCK_SIZE_BYTES) === extraBlocks;
}

function legacy(hash: BlockDevice): FormatError {
  const message = `the hash tree on ${hash.name} has the size that tools from before February 2023 gave it, with a block of zeros after a full one: convert the layer anew, its root hash changes with that`;
  return new FormatError("bad-padding", message, { at: { device: hash.name } });
}
