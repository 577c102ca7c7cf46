/** Reading runs of blocks so that one bad sector does not take its neighbours with it. */
import type { BlockDevice } from "../device/block-device.ts";
import { DeviceError, IntegrityError } from "../errors.ts";

/** A block that the device could not give. */
export interface UnreadBlock {
  readonly block: number;
  readonly cause: DeviceError | IntegrityError;
}

/**
 * Fills `into` with consecutive blocks; after a failure it tries again block by block.
 *
 * @returns the blocks that could not be read; their bytes in `into` mean nothing.
 * @throws what no single block is to blame for: an abort, a closed or missing device, a timeout.
 */
export async function readBlocks(
  device: BlockDevice,
  firstBlock: number,
  blockSize: number,
  into: Uint8Array,
  signal?: AbortSignal,
): Promise<readonly UnreadBlock[]> {
  const options = signal === undefined ? {} : { signal };
  try {
    await device.read(firstBlock * blockSize, into, options);
    return [];
  } catch (error) {
    if (!blamesBlock(error)) throw error;
  }
  const unread: UnreadBlock[] = [];
  for (let i = 0; i * blockSize < into.length; i++) {
    const block = firstBlock + i;
    try {
      await device.read(block * blockSize, into.subarray(i * blockSize, (i + 1) * blockSize), options);
    } catch (error) {
      if (!blamesBlock(error)) throw error;
      unread.push({ block, cause: error });
    }
  }
  return unread;
}

function blamesBlock(error: unknown): error is DeviceError | IntegrityError {
  if (error instanceof IntegrityError) return true;
  return error instanceof DeviceError && (error.code === "device-failed" || error.code === "short-read");
}
