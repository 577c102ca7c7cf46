/** `sealstone verity format`: hashes a device, writes its tree and superblock, prints its identity. */

import type { ActionContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { pageSizeBytes, planFormat } from "./format-plan.ts";
import { writeRootHash } from "./root-hash-argument.ts";
import { fecInformation } from "./verity-fec.ts";
import { printInformation } from "./verity-information.ts";
import { VolumeFiles } from "./volume-files.ts";
import { writeVolume } from "./volume-writer.ts";

/** Formats the data device (first operand) onto the hash device (second). */
export async function runFormat(context: ActionContext, operands: readonly string[]): Promise<ExitCode> {
  const { options, terminal } = context;
  const [dataPath = "", hashPath = ""] = operands;
  await using files = new VolumeFiles();
  await files.make(hashPath, "hash");
  if (options.fecDevice !== undefined) await files.make(options.fecDevice, "FEC");
  const plan = await planFormat(options, files, dataPath, hashPath);
  const { parameters, geometry } = plan;
  if (parameters.dataBlockSize > pageSizeBytes) {
    terminal.err(
      `WARNING: Kernel cannot activate device if data block size exceeds page size (${pageSizeBytes}).`,
    );
  }
  const rootHash = await writeVolume(context, files, plan);
  files.keep();
  printInformation(context, {
    hashDevice: hashPath,
    uuid: plan.uuidText,
    parameters,
    algorithmText: plan.algorithmText,
    dataBlocks: geometry.dataBlocks,
    placement: plan.placement,
    firstHashBlock: geometry.firstHashBlock,
    hashBlocks: geometry.hashBlocks,
    fec: plan.fec && (await fecInformation(plan.fec, geometry, files, hashPath)),
    rootHash,
  });
  if (options.rootHashFile !== undefined) await writeRootHash(options.rootHashFile, rootHash);
  return exitCodes.success;
}
