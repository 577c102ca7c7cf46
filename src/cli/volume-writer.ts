/** Writing a volume: tree, superblock, parity. Cut short, it leaves no superblock. */
import type { FileDevice } from "../device/file-device.node.ts";
import { encodeFec } from "../verity/fec-encode.ts";
import { paritySizeBytes } from "../verity/fec-layout.ts";
import { formatVerity } from "../verity/format.ts";
import { SUPERBLOCK_SIZE_BYTES } from "../verity/superblock.ts";
import type { ActionContext } from "./context.ts";
import { startDigestThreads } from "./digest-threads.ts";
import type { FormatPlan } from "./format-plan.ts";
import { ProgressBar } from "./progress.ts";
import type { VolumeFiles } from "./volume-files.ts";

interface VolumeDevices {
  readonly data: FileDevice;
  readonly hash: FileDevice;
  /** Absent without error correction. */
  readonly parity: FileDevice | undefined;
}

/** Writes what was planned. @returns the root hash. */
export async function writeVolume(
  context: ActionContext,
  files: VolumeFiles,
  plan: FormatPlan,
): Promise<Uint8Array> {
  const { options, signal, terminal } = context;
  const { parameters, placement, geometry, uuid } = plan;
  const devices = await openDevices(files, plan);
  const { data, hash } = devices;
  await using threads = startDigestThreads(context, options, geometry.dataSizeBytes);
  context.debug(
    `${geometry.dataBlocks} data blocks, ${geometry.hashBlocks} hash blocks from ${geometry.firstHashBlock} on, ${geometry.levels.length} hash levels; ${threads.count} threads`,
  );
  using bar = new ProgressBar(terminal, "Hashing");
  const { rootHash } = await formatVerity({
    data,
    hash,
    parameters,
    dataBlocks: geometry.dataBlocks,
    placement,
    uuid,
    digests: threads.digests,
    signal,
    onProgress: ({ doneBlocks }) => bar.update(doneBlocks * parameters.dataBlockSize, geometry.dataSizeBytes),
  });
  bar[Symbol.dispose]();
  try {
    await writeParity(context, plan, devices);
  } catch (error) {
    // What has no parity although it was asked for must not pass for a finished volume.
    if (placement.superblock) await hash.discard(placement.hashOffsetBytes, SUPERBLOCK_SIZE_BYTES);
    throw error;
  }
  return rootHash;
}

/** Opens each device at the size it needs; those that share a file are one device. */
async function openDevices(files: VolumeFiles, plan: FormatPlan): Promise<VolumeDevices> {
  const { hashPath, dataPath, hashAreaEndBytes, fec, geometry } = plan;
  const { sizeBytes } = await files.openWritable(hashPath, hashAreaEndBytes);
  if (fec !== undefined) {
    const onHashDevice = await files.identical(fec.device, hashPath);
    const coveredBytes = onHashDevice ? fec.offsetBytes : sizeBytes;
    const parityBytes = paritySizeBytes(fec.roots, geometry, coveredBytes);
    await files.openWritable(fec.device, fec.offsetBytes + parityBytes);
  }
  return {
    data: await files.open(dataPath),
    hash: await files.openWritable(hashPath, hashAreaEndBytes),
    parity: fec && (await files.openWritable(fec.device, 0)),
  };
}

async function writeParity(
  { signal, terminal }: ActionContext,
  { parameters, placement, geometry, fec }: FormatPlan,
  { data, hash, parity }: VolumeDevices,
): Promise<void> {
  if (fec === undefined || parity === undefined) return;
  using bar = new ProgressBar(terminal, "Encoding");
  await encodeFec({
    data,
    hash,
    parameters,
    dataBlocks: geometry.dataBlocks,
    placement,
    fec: { roots: fec.roots, device: parity, offsetBytes: fec.offsetBytes },
    signal,
    onProgress: ({ doneBlocks, totalBlocks }) =>
      bar.update(doneBlocks * geometry.dataBlockSize, totalBlocks * geometry.dataBlockSize),
  });
}
