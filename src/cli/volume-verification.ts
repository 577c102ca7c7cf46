/** Verifying an open volume: threads, repair, progress, and what came of it. */
import { verifyVerity } from "../verity/verify.ts";
import type { VerityReport } from "../verity/verify-report.ts";
import type { ActionContext } from "./context.ts";
import { startDigestThreads } from "./digest-threads.ts";
import { ProgressBar } from "./progress.ts";
import { openRepairer } from "./verity-fec.ts";
import type { GeometrySource, Volume } from "./volume.ts";
import type { VolumeFiles } from "./volume-files.ts";

/** What a verification found, and under which premises. */
export interface Verification {
  readonly report: VerityReport;
  readonly geometrySource: GeometrySource;
  /** Bytes that were wrong in blocks that were rebuilt; absent without error correction. */
  readonly correctedBytes: number | undefined;
}

/** Verifies the whole volume, with a progress bar. */
export async function verifyVolume(
  context: ActionContext,
  files: VolumeFiles,
  volume: Volume,
): Promise<Verification> {
  const { options, signal, terminal } = context;
  const { data, hash, identity, placement, superblock, geometrySource } = volume;
  const totalBytes = identity.dataBlocks * identity.dataBlockSize;
  const correction = await openRepairer(context, files, volume);
  await using threads = startDigestThreads(context, options, totalBytes);
  context.debug(
    `${identity.dataBlocks} data blocks of ${identity.dataBlockSize}, hash blocks of ${identity.hashBlockSize}, ${identity.algorithm}; the geometry is from the ${geometrySource}; ${threads.count} threads`,
  );
  using bar = new ProgressBar(terminal, "Verifying");
  try {
    const report = await verifyVerity({
      data,
      hash,
      identity,
      placement,
      ...(superblock && { superblock }),
      digests: threads.digests,
      ...(correction && { repairer: correction.repairer }),
      signal,
      onProgress: ({ doneBlocks }) => bar.update(doneBlocks * identity.dataBlockSize, totalBytes),
    });
    return { report, geometrySource, correctedBytes: correction?.correctedBytes() };
  } finally {
    correction?.repairer.close();
  }
}
