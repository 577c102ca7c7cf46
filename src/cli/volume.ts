/** A volume as `verify` and `tree` open it: its devices, its superblock, and who says what it is. */

import { digestSizeBytes } from "../crypto/algorithms.ts";
import type { BlockDevice } from "../device/block-device.ts";
import type { VerityIdentity, VerityParameters } from "../verity/identity.ts";
import type { VerityPlacement } from "../verity/placement.ts";
import type { Superblock } from "../verity/superblock.ts";
import type { ActionContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { readIdentity } from "./identity-argument.ts";
import { readRootHash } from "./root-hash-argument.ts";
import { algorithmFrom, placementFrom, plainParameters } from "./verity-parameters.ts";
import type { VolumeFiles } from "./volume-files.ts";
import { volumeSuperblock } from "./volume-superblock.ts";

/** Whose word the geometry is: the caller's whole identity, the host's superblock, the caller's options. */
export type GeometrySource = "identity" | "superblock" | "options";

/** The devices and identity of a volume that is to be verified. */
export interface Volume {
  readonly data: BlockDevice;
  readonly hash: BlockDevice;
  readonly placement: VerityPlacement;
  /** As read; absent without one. */
  readonly superblock: Superblock | undefined;
  readonly identity: VerityIdentity;
  readonly geometrySource: GeometrySource;
}

/** What the tree's shape is taken from when nothing is verified. */
export interface TreeShape {
  readonly hash: BlockDevice;
  readonly placement: VerityPlacement;
  readonly parameters: VerityParameters;
  readonly dataBlocks: number;
}

/**
 * Opens data and hash device, as paths, and finds the identity to verify by.
 *
 * @throws {CommandFailure} where a device is missing, the superblock is none, or the root hash is not given.
 */
export async function openVolume(
  context: ActionContext,
  files: VolumeFiles,
  dataPath: string,
  hashPath: string,
  rootHashText: string | undefined,
): Promise<Volume> {
  const { options, signal } = context;
  const hash = await files.open(hashPath);
  const data = await files.open(dataPath);
  const placement = placementFrom(options);
  const pinned = options.identity === undefined ? undefined : await readIdentity(options.identity);
  const superblock = placement.superblock
    ? await volumeSuperblock(hash, placement.hashOffsetBytes, signal)
    : undefined;
  const shape = pinned ?? superblock ?? shapeFromOptions(context);
  // As with veritysetup, a count of 0 stands for the whole device.
  const dataBlocks = shape.dataBlocks || Math.floor(data.sizeBytes / shape.dataBlockSize);
  if (dataBlocks === 0) {
    throw failure(`Header detected but device ${dataPath} is too small.`);
  }
  const given = rootHashText !== undefined || options.rootHashFile !== undefined || pinned === undefined;
  const rootHash = given
    ? await readRootHash(rootHashText, options.rootHashFile, digestSizeBytes(shape.algorithm))
    : pinned.rootHash;
  const { hashType, algorithm, salt, dataBlockSize, hashBlockSize } = shape;
  return {
    data,
    hash,
    placement,
    superblock: pinned === undefined && superblock !== undefined ? { ...superblock, dataBlocks } : superblock,
    identity: { hashType, algorithm, salt, dataBlockSize, hashBlockSize, dataBlocks, rootHash },
    geometrySource: pinned !== undefined ? "identity" : superblock !== undefined ? "superblock" : "options",
  };
}

/** Opens the hash device alone, for its tree's shape. */
export async function openShape(
  context: ActionContext,
  files: VolumeFiles,
  hashPath: string,
): Promise<TreeShape> {
  const { options, signal } = context;
  const hash = await files.open(hashPath);
  const placement = placementFrom(options);
  const parameters = placement.superblock
    ? await volumeSuperblock(hash, placement.hashOffsetBytes, signal)
    : shapeFromOptions(context);
  const dataBlocks = parameters.dataBlocks || (options.dataBlocks ?? 0);
  if (dataBlocks === 0) {
    throw failure(
      "The number of data blocks is not known.\nGive --data-blocks, or the data device before the hash device.",
    );
  }
  return { hash, placement, parameters, dataBlocks };
}

/** Without a superblock the options must say everything; veritysetup's defaults stand in, but for the salt. */
function shapeFromOptions({ options }: ActionContext): VerityParameters & { dataBlocks: number } {
  const plain = plainParameters(options, () => {
    throw failure(
      "Without a superblock the salt must be given.\nAdd --salt with the salt of the format, or --salt=- where it had none.",
    );
  });
  const dataBlocks = options.dataBlocks ?? 0;
  if (!Number.isSafeInteger(dataBlocks)) throw failure("Device offset overflow.");
  return { ...plain, algorithm: algorithmFrom(options).algorithm, dataBlocks };
}

function failure(message: string): CommandFailure {
  return new CommandFailure(exitCodes.failure, message);
}
