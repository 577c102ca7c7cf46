/** A layer's image, looked at without a root hash: nothing of it is verified, and all of it may be wrong. */
import { toHex } from "../../bytes/hex.ts";
import { createBlockHasher } from "../../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../../device/block-device.ts";
import { SliceDevice } from "../../device/slice-device.ts";
import { FormatError, invariant, type StorageError } from "../../errors.ts";
import { singleThreadDigests } from "../../verity/block-digester.ts";
import { saltPosition } from "../../verity/identity.ts";
import type { Superblock } from "../../verity/superblock.ts";
import { readFileSystemSize } from "../file-system-size.ts";
import { inspectLayer } from "../layer-inspection.ts";
import { readMetadata } from "../metadata-read.ts";
import { LAYER_BLOCK_SIZE_BYTES, layerVerityParameters } from "../verity-parameters.ts";
import { type BlockMap, readBlockMap } from "./block-map.ts";
import type { ExplainEngine, ImageInput } from "./layer-input.ts";
import type { LayerView } from "./layer-view.ts";
import { LeafTable } from "./leaf-table.ts";
import { rootHashOfLeaves } from "./tree-variant.ts";

/** How the tree that an image brings along was built. */
export type StoredTree = "standard" | "before-1659" | "other" | "none";

/** See the head of this file. */
export interface ImageView extends LayerView {
  /** Of the tree in the image, as the tools that use it compute it; undefined where there is none. */
  readonly storedRootHash: Uint8Array | undefined;
  readonly storedTree: StoredTree;
  readonly superblock: Superblock | undefined;
  /** What is wrong besides: with superblock, tree and footer, which no root hash covers. */
  readonly problems: readonly StorageError[];
}

/**
 * Looks at an image: every block of its file system is read and hashed.
 *
 * @throws {FormatError} where there is no ext4, or less of it than it says.
 * @throws {DeviceError} when the device fails.
 */
export async function viewImage(
  { name, device }: ImageInput,
  engine: ExplainEngine,
  signal?: AbortSignal,
): Promise<ImageView> {
  const sizeBytes = await readFileSystemSize(device, signal);
  if (sizeBytes > device.sizeBytes) {
    const message = `${name}: the file system has ${sizeBytes} bytes, the image ${device.sizeBytes}: it has been cut short`;
    throw new FormatError("does-not-fit", message, { at: { device: name, field: "blocksCountLow" } });
  }
  const part = new SliceDevice(device, 0, sizeBytes, { name });
  const dataBlocks = sizeBytes / LAYER_BLOCK_SIZE_BYTES;
  const leaves = await hashBlocks(part, dataBlocks, engine, signal);
  const rootHash = await rootHashOfLeaves(leaves, "standard");
  const { superblock, problems } = await inspectLayer({ data: device }, signal ? { signal } : {});
  const storedRootHash = superblock && (await readStoredRootHash(device, sizeBytes, superblock, signal));
  const storedTree = await nameTree(leaves, rootHash, storedRootHash);
  return {
    name,
    device: part,
    dataBlocks,
    leaves,
    rootHash,
    ...(await mapOf(part, signal)),
    storedRootHash,
    storedTree,
    superblock,
    // An image of a file system alone is none that is broken.
    problems: storedTree === "none" ? problems.filter(({ code }) => code !== "truncated") : problems,
  };
}

async function hashBlocks(
  device: BlockDevice,
  dataBlocks: number,
  { digests = singleThreadDigests }: ExplainEngine,
  signal: AbortSignal | undefined,
): Promise<LeafTable> {
  const leaves = new LeafTable();
  const request = { device, parameters: layerVerityParameters(), dataBlocks, ...(signal && { signal }) };
  for await (const batch of digests.digests(request)) {
    invariant(batch.firstBlock === leaves.count, "digests come in order");
    leaves.push(batch.digests);
  }
  return leaves;
}

/** hcsshim `ReadDMVerityInfo`: the digest of the block behind the superblock, with the superblock's own salt. */
async function readStoredRootHash(
  device: BlockDevice,
  sizeBytes: number,
  superblock: Superblock,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const offsetBytes = sizeBytes + LAYER_BLOCK_SIZE_BYTES;
  if (offsetBytes + LAYER_BLOCK_SIZE_BYTES > device.sizeBytes) return undefined;
  const block = await readMetadata(device, offsetBytes, LAYER_BLOCK_SIZE_BYTES, signal);
  const hasher = await createBlockHasher({
    algorithm: superblock.algorithm,
    salt: superblock.salt,
    saltPosition: saltPosition(superblock.hashType),
    capacityBytes: LAYER_BLOCK_SIZE_BYTES,
  });
  try {
    hasher.input.set(block);
    return hasher.digest(0, LAYER_BLOCK_SIZE_BYTES, 1).slice();
  } finally {
    hasher.close();
  }
}

async function nameTree(
  leaves: LeafTable,
  rootHash: Uint8Array,
  stored: Uint8Array | undefined,
): Promise<StoredTree> {
  if (stored === undefined) return "none";
  if (toHex(stored) === toHex(rootHash)) return "standard";
  const before = await rootHashOfLeaves(leaves, "before-1659");
  return toHex(stored) === toHex(before) ? "before-1659" : "other";
}

async function mapOf(
  device: BlockDevice,
  signal: AbortSignal | undefined,
): Promise<{ map: BlockMap | undefined; mapProblem: StorageError | undefined }> {
  try {
    return { map: await readBlockMap(device, signal), mapProblem: undefined };
  } catch (error) {
    if (error instanceof FormatError) return { map: undefined, mapProblem: error };
    throw error;
  }
}
