/** `sealstone verity verify`: checks a whole device, and reports all that is wrong. */

import type { ActionContext } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { checkRootHashSignature } from "./root-hash-signature-option.ts";
import { geometryNote, verifyExitCode, verifyJson, verifyLines } from "./verify-output.ts";
import { openVolume } from "./volume.ts";
import { VolumeFiles } from "./volume-files.ts";
import { verifyVolume } from "./volume-verification.ts";

/** Verifies the data device (first operand) by the hash device and the root hash. */
export async function runVerify(context: ActionContext, operands: readonly string[]): Promise<ExitCode> {
  const { options, terminal } = context;
  const [dataPath = "", hashPath = "", rootHashText] = operands;
  await using files = new VolumeFiles();
  const volume = await openVolume(context, files, dataPath, hashPath, rootHashText);
  await checkRootHashSignature(context, volume.identity.rootHash);
  const verification = await verifyVolume(context, files, volume);
  for (const line of verifyLines(verification)) terminal.err(line);
  const note = geometryNote(volume.geometrySource);
  if (note !== undefined) terminal.err(note);
  if (options.json) terminal.out(JSON.stringify(verifyJson(verification)));
  return verifyExitCode(verification);
}
