/** `sealstone verity dump`: what the superblock says. */
import { treeGeometry } from "../verity/geometry.ts";
import { firstHashBlock } from "../verity/placement.ts";
import { uuidText } from "../verity/uuid.ts";
import type { ActionContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { fecInformation } from "./verity-fec.ts";
import { printInformation } from "./verity-information.ts";
import { fecFrom, placementFrom } from "./verity-parameters.ts";
import { VolumeFiles } from "./volume-files.ts";
import { volumeSuperblock } from "./volume-superblock.ts";

/** Prints the superblock of the hash device, which is the one operand. */
export async function runDump(context: ActionContext, operands: readonly string[]): Promise<ExitCode> {
  const { options, signal } = context;
  const [hashDevice = ""] = operands;
  await using files = new VolumeFiles();
  const hash = await files.open(hashDevice);
  const fec = fecFrom(options);
  // veritysetup has no superblock to dump without one either, and takes the option all the same.
  const placement = { ...placementFrom(options), superblock: true };
  const superblock = await volumeSuperblock(hash, placement.hashOffsetBytes, signal);
  const { dataBlocks, hashBlockSize } = superblock;
  const first = firstHashBlock(placement, hashBlockSize);
  // A superblock may leave the count open; there is then no tree to tell of.
  const geometry = dataBlocks === 0 ? undefined : treeGeometry(superblock, dataBlocks, first);
  printInformation(context, {
    hashDevice,
    uuid: uuidText(superblock.uuid),
    parameters: superblock,
    dataBlocks,
    placement,
    firstHashBlock: first,
    hashBlocks: geometry?.hashBlocks ?? 0,
    fec: fec && geometry && (await fecInformation(fec, geometry, files, hashDevice)),
  });
  return exitCodes.success;
}
