/**
 * Formatting: one pass over the data, its tree and superblock onto the hash
 * device. The superblock is cleared first and written last, so that a failure
 * on the way leaves nothing that looks like a volume.
 */
import { copyOf } from "../bytes/copy.ts";
import type { BlockDevice, WritableBlockDevice } from "../device/block-device.ts";
import { FormatError, UsageError } from "../errors.ts";
import { singleThreadDigests } from "./block-digester.ts";
import type { DataDigests, VerityProgress } from "./data-digests.ts";
import { checkFits, type GeometryOptions, type TreeGeometry, treeGeometry } from "./geometry.ts";
import { checkParameters, type VerityIdentity, type VerityParameters } from "./identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "./placement.ts";
import { SUPERBLOCK_SIZE_BYTES, serializeSuperblock } from "./superblock.ts";
import { TreeBuilder } from "./tree-builder.ts";
import { randomUuid } from "./uuid.ts";

/** What is formatted, and how; all of it the caller's. */
export interface VerityFormatOptions extends GeometryOptions {
  readonly data: BlockDevice;
  /** Large enough for the hash area (`hashAreaEndBytes`); may be the data device. */
  readonly hash: WritableBlockDevice;
  /**
   * Those left out are veritysetup's defaults: hash type 1, sha256, blocks of
   * 4096 bytes, a random salt of 32 bytes.
   */
  readonly parameters?: Partial<VerityParameters>;
  /** How many blocks are data; the whole blocks of the data device unless given, as in veritysetup. */
  readonly dataBlocks?: number;
  /** A superblock at byte 0 unless given. */
  readonly placement?: VerityPlacement;
  /** 16 bytes for the superblock; random unless given. */
  readonly uuid?: Uint8Array;
  /** Who hashes the data; this thread unless given. */
  readonly digests?: DataDigests;
  readonly onProgress?: (progress: VerityProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Formats a device.
 *
 * @returns the identity that pins it: keep it where the host cannot change it.
 * @throws {UsageError} `invalid-argument` for parameters that cannot be.
 * @throws {FormatError} `does-not-fit`, before anything is written, where data or tree are larger
 *   than their device, or meet on one.
 * @throws {DeviceError} when a device fails; there is then no superblock.
 * @throws the signal's reason after an abort, likewise.
 */
export async function formatVerity(options: VerityFormatOptions): Promise<VerityIdentity> {
  const { data, hash, signal } = options;
  const placement = options.placement ?? defaultPlacement;
  const parameters = withDefaults(options.parameters ?? {});
  const dataBlocks = options.dataBlocks ?? Math.floor(data.sizeBytes / parameters.dataBlockSize);
  if (options.dataBlocks === undefined && dataBlocks === 0) {
    throw new FormatError("does-not-fit", `${data.name} is smaller than one data block`, {
      at: { device: data.name },
    });
  }
  if (!Number.isSafeInteger(dataBlocks) || dataBlocks < 1) {
    throw new UsageError("invalid-argument", `${dataBlocks} is no number of data blocks`, {
      at: { field: "dataBlocks" },
    });
  }
  const first = firstHashBlock(placement, parameters.hashBlockSize);
  const geometry = treeGeometry(parameters, dataBlocks, first, options);
  const uuid = options.uuid ?? randomUuid();
  const superblock = serializeSuperblock({ ...parameters, dataBlocks, uuid });
  checkFits(geometry, placement, data, hash);
  signal?.throwIfAborted();
  const io = signal === undefined ? {} : { signal };
  if (placement.superblock) {
    await hash.write(placement.hashOffsetBytes, new Uint8Array(SUPERBLOCK_SIZE_BYTES), io);
    await hash.flush(io);
  }
  const rootHash = await buildTree(options, parameters, geometry);
  if (placement.superblock) {
    await hash.flush(io);
    await hash.write(placement.hashOffsetBytes, superblock, io);
  }
  await hash.flush(io);
  return { ...parameters, dataBlocks, rootHash };
}

function withDefaults(parameters: Partial<VerityParameters>): VerityParameters {
  const complete: VerityParameters = {
    hashType: parameters.hashType ?? 1,
    algorithm: parameters.algorithm ?? "sha256",
    salt: parameters.salt ? copyOf(parameters.salt) : crypto.getRandomValues(new Uint8Array(32)),
    dataBlockSize: parameters.dataBlockSize ?? 4096,
    hashBlockSize: parameters.hashBlockSize ?? 4096,
  };
  checkParameters(complete);
  return complete;
}

async function buildTree(
  options: VerityFormatOptions,
  parameters: VerityParameters,
  geometry: TreeGeometry,
): Promise<Uint8Array> {
  const { data, hash, signal, onProgress } = options;
  const { dataBlocks } = geometry;
  const io = signal === undefined ? {} : { signal };
  const source = options.digests ?? singleThreadDigests;
  const write = (offsetBytes: number, blocks: Uint8Array) => hash.write(offsetBytes, blocks, io);
  const builder = await TreeBuilder.create(geometry, parameters, write, source.createHasher);
  try {
    for await (const batch of source.digests({ device: data, parameters, dataBlocks, ...io })) {
      await builder.add(batch.digests);
      onProgress?.({ doneBlocks: batch.firstBlock + batch.count, totalBlocks: dataBlocks });
    }
    return await builder.finish();
  } finally {
    builder.close();
  }
}
