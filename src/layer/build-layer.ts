/**
 * Builds a layer image from a tar in one pass over it:
 *
 *     [ext4: N blocks] [verity superblock: 1 block] [hash tree] [VHD footer: 512 bytes]
 *
 * The tree is hashed while the file system is written. Block 0, the group
 * descriptors and blocks of extended attributes may be written again; the few
 * hash blocks above them are kept until the end.
 *
 * Source: hcsshim `ext4/tar2ext4`, `ext4/dmverity`; the defaults are those of
 * `dmverity-vhd` and of all that makes policies for it, so that root hashes are
 * equal to theirs.
 *
 * ## Performance
 * Memory grows with the number of entries, not with what they hold.
 */
import { copyOf } from "../bytes/copy.ts";
import { UsageError } from "../errors.ts";
import { CompactWriter } from "../ext4/compact-writer.ts";
import { TarReader } from "../tar/tar-reader.ts";
import type { TarSource } from "../tar/tar-stream.ts";
import type { BatchDigestsFactory } from "../verity/batch-digests.ts";
import type { HasherFactory } from "../verity/data-digests.ts";
import { StreamedTree } from "../verity/streamed-tree.ts";
import { serializeSuperblock } from "../verity/superblock.ts";
import { convertTar } from "./convert-tar.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { type LayerOptions, layerOptionSets } from "./layer-options.ts";
import type { LayerTarget } from "./layer-target.ts";
import {
  LAYER_BLOCK_SIZE_BYTES,
  layerGeometry,
  layerSuperblock,
  layerVerityParameters,
} from "./verity-parameters.ts";
import { serializeVhdFooter, VHD_FOOTER_SIZE_BYTES } from "./vhd-footer.ts";

/** How a layer is built. What is the tar's is hostile; all of this is the caller's. */
export interface LayerBuildOptions {
  /**
   * What changes the image besides its tar; `layerOptionSets.layer` unless given. The root hash
   * is computed in any case, appended or not.
   */
  readonly layer?: LayerOptions;
  /** Takes the image; without one the root hash is all that comes of it, and nothing is written. */
  readonly target?: LayerTarget;
  /** 16 bytes for the superblock and the footer, which the root hash does not cover; random, for each its own, unless given. */
  readonly uuid?: Uint8Array;
  /** Who hashes the file system; this thread, on the WASM core, unless given. */
  readonly batches?: BatchDigestsFactory;
  /** Makes the hashers of the tree's own blocks; on the WASM core unless given. */
  readonly createHasher?: HasherFactory;
  readonly signal?: AbortSignal;
}

/** What was built. Root hash and file system size pin the layer: see `layerIdentity`. */
export interface BuiltLayer {
  /** 32 bytes. */
  readonly rootHash: Uint8Array;
  readonly ext4SizeBytes: number;
  /** With superblock, tree and footer, as far as they were asked for. */
  readonly imageSizeBytes: number;
}

/**
 * Builds a layer image.
 *
 * @param tar the archive, uncompressed (`decompress` of `tar/`); it is read to the end of the stream.
 * @throws {FormatError} for a tar that is malformed or cannot be a layer, with the entry's path in
 *   `at`; `disk-full` beyond the maximum size. The target is then unfinished.
 * @throws {UsageError} `invalid-argument` for a UUID that has not 16 bytes.
 * @throws what the source or the target throws, and the signal's reason.
 */
export async function buildLayer(tar: TarSource, options: LayerBuildOptions = {}): Promise<BuiltLayer> {
  const { target, uuid, layer = layerOptionSets.layer } = options;
  if (uuid !== undefined && uuid.length !== 16) {
    throw new UsageError("invalid-argument", `a UUID has 16 bytes, not ${uuid.length}`, {
      at: { field: "uuid" },
    });
  }
  const upper: GrowingBytes[] = [];
  const tree = await StreamedTree.create({
    parameters: layerVerityParameters(),
    levels: "at-least-one",
    ...(options.batches && { batches: options.batches }),
    ...(options.createHasher && { createHasher: options.createHasher }),
    ...(target && { tap: (offsetBytes: number, bytes: Uint8Array) => target.write(offsetBytes, bytes) }),
    ...(target &&
      layer.appendDmVerity && { sink: (...blocks: TreeBlocks) => keepTree(target, upper, ...blocks) }),
  });
  try {
    const ext4SizeBytes = await writeFileSystem(tar, tree, layer, options.signal);
    const { rootHash } = await tree.finish();
    const imageSizeBytes = writeAppendix(ext4SizeBytes, upper, layer, options);
    return { rootHash, ext4SizeBytes, imageSizeBytes };
  } finally {
    tree.close();
  }
}

type TreeBlocks = [level: number, firstIndex: number, blocks: Uint8Array];

/** Leaves are a 128th of the data, and put aside; all above them are another 128th of that. */
function keepTree(
  target: LayerTarget,
  upper: GrowingBytes[],
  ...[level, firstIndex, blocks]: TreeBlocks
): void {
  const offsetBytes = firstIndex * LAYER_BLOCK_SIZE_BYTES;
  if (level === 0) {
    target.putAside(offsetBytes, blocks);
    return;
  }
  upper[level] ??= new GrowingBytes();
  upper[level].write(offsetBytes, blocks);
}

/** Tar to ext4. @returns the file system's size. */
async function writeFileSystem(
  tar: TarSource,
  tree: StreamedTree,
  layer: LayerOptions,
  signal: AbortSignal | undefined,
): Promise<number> {
  const reader = new TarReader(stoppable(tar, signal));
  try {
    const { sizeBytes } = await convertTar(reader, new CompactWriter(tree, layer), layer);
    // Whatever stands behind the archive: a decompressor's checks are made at its end.
    await reader.drain();
    return sizeBytes;
  } finally {
    await reader.close();
  }
}

/** Writes what stands behind the file system. @returns the image's size. */
function writeAppendix(
  ext4SizeBytes: number,
  upper: readonly GrowingBytes[],
  { appendDmVerity, appendVhdFooter }: LayerOptions,
  { target, uuid: given }: LayerBuildOptions,
): number {
  const uuid = (): Uint8Array => copyOf(given ?? crypto.getRandomValues(new Uint8Array(16)));
  const dataBlocks = ext4SizeBytes / LAYER_BLOCK_SIZE_BYTES;
  const geometry = layerGeometry(dataBlocks, dataBlocks + 1);
  let sizeBytes = ext4SizeBytes;
  if (appendDmVerity) {
    target?.write(ext4SizeBytes, serializeSuperblock(layerSuperblock(dataBlocks, uuid())));
    for (const { level, firstBlock, blocks } of geometry.levels) {
      const offsetBytes = firstBlock * LAYER_BLOCK_SIZE_BYTES;
      const lengthBytes = blocks * LAYER_BLOCK_SIZE_BYTES;
      if (level === 0) target?.bringBack(offsetBytes, lengthBytes);
      else if (target) target.write(offsetBytes, (upper[level] as GrowingBytes).first(lengthBytes));
    }
    sizeBytes = geometry.endBlock * LAYER_BLOCK_SIZE_BYTES;
  }
  if (appendVhdFooter) {
    target?.write(sizeBytes, serializeVhdFooter({ sizeBytes, uniqueId: uuid() }));
    sizeBytes += VHD_FOOTER_SIZE_BYTES;
  }
  target?.end(sizeBytes);
  return sizeBytes;
}

/** The same chunks, until the signal says no. */
async function* stoppable(source: TarSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
