/** `sealstone verity dump`: what the superblock says. */
import { treeGeometry } from "../verity/geometry.ts";
import { firstHashBlock } from "../verity/placement.ts";
import { uuidText } from "../verity/uuid.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ActionContext } from "./verity-command.ts";
import { fecInformation } from "./verity-fec.ts";
import { type FecInformation, printInformation } from "./verity-information.ts";
import { type FecOptions, fecFrom, placementFrom } from "./verity-parameters.ts";
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
  const { dataBlocks, dataBlockSize, hashBlockSize } = superblock;
  const first = firstHashBlock(placement, hashBlockSize);
  const parity = async ({ device, ...rest }: FecOptions): Promise<FecInformation | undefined> => {
    await files.sizeBytesOf(device);
    return fecInformation(
      { device, ...rest },
      {
        dataBlocks,
        blockSize: dataBlockSize,
        firstHashBlock: first,
        hashDeviceSizeBytes: hash.sizeBytes,
        onHashDevice: await files.identical(device, hashDevice),
      },
    );
  };
  printInformation(context, {
    hashDevice,
    uuid: uuidText(superblock.uuid),
    parameters: superblock,
    dataBlocks,
    placement,
    firstHashBlock: first,
    hashBlocks: dataBlocks === 0 ? 0 : treeGeometry(superblock, dataBlocks, first).hashBlocks,
    fec: fec === undefined ? undefined : await parity(fec),
  });
  return exitCodes.success;
}
