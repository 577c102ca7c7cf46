/** Reading a volume's superblock, refused in veritysetup's words. */
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError } from "../errors.ts";
import { readSuperblock, type Superblock } from "../verity/superblock.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** @throws {CommandFailure} for anything that is no superblock, with the field that shows it. */
export async function volumeSuperblock(
  hash: BlockDevice,
  offsetBytes: number,
  signal: AbortSignal,
): Promise<Superblock> {
  try {
    return await readSuperblock(hash, offsetBytes, { signal });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const message = `Device ${hash.name} is not a valid VERITY device.\n${advice(error)}`;
    throw new CommandFailure(exitCodes.failure, message, { cause: error });
  }
}

function advice(error: FormatError): string {
  switch (error.code) {
    case "bad-magic":
    case "truncated":
      return `There is no superblock at byte ${error.at.offsetBytes ?? 0}: is --hash-offset right, or the volume one of --no-superblock?`;
    case "bad-padding":
      return `${error.message}.\nveritysetup ignores these bytes; sealstone refuses what nobody wrote.`;
    default:
      return `${error.message}.`;
  }
}
