/** Reading runs of blocks so that one bad sector does not take its neighbours with it. */

import { untilAborted } from "../device/abortable.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { readsDirectly } from "../device/direct.ts";
import { hostFailure } from "../device/host-failure.ts";
import { readPrivately } from "../device/private-read.ts";
import { DeviceError, IntegrityError } from "../errors.ts";
import { isUnreadable } from "./hashing-memory.ts";

/** A block that the device could not give. */
export interface UnreadBlock {
  readonly block: number;
  readonly cause: DeviceError | IntegrityError;
}

/**
 * Fills `into`, private memory, with consecutive blocks in one read.
 *
 * @throws {DeviceError} when the read fails; `signal.reason` after an abort.
 */
export async function readRun(
  device: BlockDevice,
  firstBlock: number,
  blockSize: number,
  into: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  const offsetBytes = firstBlock * blockSize;
  try {
    const read = readPrivately(device, offsetBytes, into, signal);
    // A device that is not ours has a buffer of its own: if it does not mind the signal, it may keep it.
    await (readsDirectly(device) ? read : untilAborted(read, signal));
  } catch (error) {
    throw hostFailure(error, device, offsetBytes, signal);
  }
}

/**
 * As `readRun`; after a failure it tries again block by block.
 *
 * @returns the blocks that could not be read, rising; their bytes in `into` mean nothing.
 * @throws what no single block is to blame for: an abort, a device that is gone, shrunk or hung.
 */
export async function readBlocks(
  device: BlockDevice,
  firstBlock: number,
  blockSize: number,
  into: Uint8Array,
  signal?: AbortSignal,
): Promise<readonly UnreadBlock[]> {
  const failure = await blockFailure(() => readRun(device, firstBlock, blockSize, into, signal));
  if (failure === undefined) return [];
  const unread: UnreadBlock[] = [];
  for (let i = 0; i * blockSize < into.length; i++) {
    const block = firstBlock + i;
    const part = into.subarray(i * blockSize, (i + 1) * blockSize);
    const cause = await blockFailure(() => readRun(device, block, blockSize, part, signal));
    if (cause !== undefined) unread.push({ block, cause });
  }
  return unread;
}

/** Awaits I/O; returns its failure where a block is to blame for it, and throws any other. */
export async function blockFailure(
  io: () => Promise<void>,
): Promise<DeviceError | IntegrityError | undefined> {
  try {
    await io();
    return undefined;
  } catch (error) {
    if (error instanceof IntegrityError) return error;
    if (error instanceof DeviceError && isUnreadable(error)) return error;
    throw error;
  }
}
