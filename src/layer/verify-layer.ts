/**
 * Verifying a whole layer image: every field of its metadata, every data block,
 * every hash block. What is wrong is reported, all of it, not thrown.
 *
 * ## Performance
 * One pass over the image; see `verifyVerity`. Memory is bounded whatever the
 * host does.
 */
import { equalBytes } from "../bytes/compare.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, IntegrityError, type StorageError } from "../errors.ts";
import type { DataDigests, VerityProgress } from "../verity/data-digests.ts";
import { VerityDevice } from "../verity/device.ts";
import type { VerityIdentity } from "../verity/identity.ts";
import type { Superblock } from "../verity/superblock.ts";
import { verifyVerity } from "../verity/verify.ts";
import type { VerityReport } from "../verity/verify-report.ts";
import { inspectLayer, type LayerDevices, type LayerLayout } from "./layer-inspection.ts";
import type { LayerTrailer } from "./layer-trailer.ts";
import { checkedRootHash, checkVerifiedSize } from "./opened-layer.ts";
import { rootHashMismatch, shownRootHash } from "./root-block.ts";
import { layerIdentity } from "./verity-parameters.ts";

/** How to verify a layer. The root hash is the caller's and trusted; the devices are the host's. */
export interface VerifyLayerOptions {
  /** 32 bytes, from the policy. */
  readonly rootHash: Uint8Array;
  /** Holds superblock and tree, where the image does not. */
  readonly hashDevice?: BlockDevice;
  /** See `OpenLayerOptions`. */
  readonly ignoreTrailingBytes?: boolean;
  /** Who hashes the data; this thread unless given. */
  readonly digests?: DataDigests;
  readonly onProgress?: (progress: VerityProgress) => void;
  readonly signal?: AbortSignal;
}

/** What `verifyLayer` found. */
export interface LayerReport {
  /** The image is the layer, whole, and nothing else is in it. */
  readonly ok: boolean;
  /** Whether the image's tree has the root hash that was given. */
  readonly rootHashMatches: boolean;
  /** The root hash that the tree has; absent where there is no tree to look at. */
  readonly shownRootHash?: Uint8Array;
  /** Size of the file system in blocks of 4096, as the host says; absent where it cannot be told. */
  readonly dataBlocks?: number;
  readonly superblock?: Superblock;
  readonly trailers: readonly LayerTrailer[];
  /** What is wrong but for single blocks, in the order of the image. */
  readonly problems: readonly StorageError[];
  /**
   * What is wrong with single blocks: under the root hash that was given, or where the tree has
   * another, under that one. Absent where there is no tree to look at.
   */
  readonly blocks?: VerityReport;
}

/**
 * Verifies an image.
 *
 * @throws {UsageError} `invalid-argument` for a root hash that has not 32 bytes.
 * @throws {DeviceError} where the metadata cannot be read; a data or hash block that cannot be is reported.
 * @throws the signal's reason after an abort.
 */
export async function verifyLayer(device: BlockDevice, options: VerifyLayerOptions): Promise<LayerReport> {
  const rootHash = checkedRootHash(options.rootHash);
  const { signal } = options;
  signal?.throwIfAborted();
  const devices = { data: device, hash: options.hashDevice ?? device };
  const { layout, superblock, trailers, problems } = await inspectLayer(devices, options);
  const found = { ...(superblock && { superblock }), trailers };
  if (layout === undefined) return { ok: false, rootHashMatches: false, ...found, problems };
  const { dataBlocks, geometry } = layout;
  const shown = await shownRootHash(devices.hash, geometry, signal);
  const blocks = await verifyBlocks(devices, layerIdentity(shown, dataBlocks), layout, options);
  const same = equalBytes(shown, rootHash);
  const all = [...problems];
  if (!same) all.push(rootHashMismatch(shown, rootHash, devices.hash.name));
  else
    all.push(...(await sizeProblems(devices, layerIdentity(rootHash, dataBlocks), layout, blocks, signal)));
  const rootHashMatches = same && blocks.rootHashMatches;
  const ok = rootHashMatches && blocks.ok && all.length === 0;
  return { ok, rootHashMatches, shownRootHash: shown, dataBlocks, ...found, problems: all, blocks };
}

function verifyBlocks(
  { data, hash = data }: LayerDevices,
  identity: VerityIdentity,
  { placement }: LayerLayout,
  { digests, onProgress, signal }: VerifyLayerOptions,
): Promise<VerityReport> {
  return verifyVerity({
    data,
    hash,
    identity,
    placement,
    levels: "at-least-one",
    ...(digests && { digests }),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
}

/** That the verified file system has the size which the host said, if its first block can be read at all. */
async function sizeProblems(
  { data, hash = data }: LayerDevices,
  identity: VerityIdentity,
  { placement }: LayerLayout,
  blocks: VerityReport,
  signal: AbortSignal | undefined,
): Promise<StorageError[]> {
  if (!blocks.rootHashMatches || blocks.unreadableBlocks.numbers(1)[0] === 0) return [];
  const options = {
    data,
    hash,
    identity,
    placement,
    levels: "at-least-one",
    ...(signal && { signal }),
  } as const;
  try {
    await using device = await VerityDevice.open(options);
    await checkVerifiedSize(device, signal);
    return [];
  } catch (error) {
    if (error instanceof IntegrityError || error instanceof FormatError) return [error];
    throw error;
  }
}
