/** `sealstone verity verify`: checks a whole device, and reports all that is wrong. */

import { verifyVerity } from "../verity/verify.ts";
import type { VerityReport } from "../verity/verify-report.ts";
import type { ExitCode } from "./exit-codes.ts";
import { ProgressBar } from "./progress.ts";
import { checkRootHashSignature } from "./root-hash-signature-option.ts";
import { geometryNote, verifyExitCode, verifyJson, verifyLines } from "./verify-output.ts";
import type { ActionContext } from "./verity-command.ts";
import { openVolume, type Volume } from "./volume.ts";
import { VolumeFiles } from "./volume-files.ts";

/** Verifies the data device (first operand) by the hash device and the root hash. */
export async function runVerify(context: ActionContext, operands: readonly string[]): Promise<ExitCode> {
  const { options, terminal } = context;
  const [dataPath = "", hashPath = "", rootHashText] = operands;
  await using files = new VolumeFiles();
  const volume = await openVolume(context, files, dataPath, hashPath, rootHashText);
  await checkRootHashSignature(context, volume.identity.rootHash);
  const report = await verifyVolume(context, volume);
  const corrected = options.fecDevice !== undefined;
  for (const line of verifyLines(report, corrected)) terminal.err(line);
  const note = geometryNote(volume.geometrySource);
  if (note !== undefined) terminal.err(note);
  if (options.json) terminal.out(JSON.stringify(verifyJson(report, volume.geometrySource)));
  return verifyExitCode(report, corrected);
}

/** Verifies an open volume, with a progress bar. */
export async function verifyVolume(
  { terminal, signal }: ActionContext,
  volume: Volume,
): Promise<VerityReport> {
  const { data, hash, identity, placement, superblock } = volume;
  const totalBytes = identity.dataBlocks * identity.dataBlockSize;
  using bar = new ProgressBar(terminal, "Verifying");
  return await verifyVerity({
    data,
    hash,
    identity,
    placement,
    ...(superblock === undefined ? {} : { superblock }),
    signal,
    onProgress: ({ doneBlocks }) => bar.update(doneBlocks * identity.dataBlockSize, totalBytes),
  });
}
