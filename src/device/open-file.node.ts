/** Opening what can be a device, and finding its size. */
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { DeviceError, StorageError, UsageError } from "../errors.ts";
import { blockDeviceSizeBytes } from "./block-device-size.node.ts";
import type { FileDeviceHandle } from "./device-handle.ts";

/** How to open a file as a device. */
export interface FileDeviceOptions {
  /** Opens for writing too. */
  readonly writable?: boolean;
  /**
   * Makes the file where there is none, for its owner alone to read and write;
   * needs `writable`. A file that is there keeps its bytes.
   */
  readonly create?: boolean;
  /**
   * The least size in bytes; needs `writable`. A shorter regular file is
   * extended by a hole, which reads as zeros; a longer one is never cut.
   */
  readonly sizeBytes?: number;
  /**
   * Reads hold up the thread until they are done. Node's own threads, which
   * read otherwise, cost 20 µs to 0.2 ms to wake: more than reading a MiB from
   * the page cache. For workers and commands that have nothing else to do; not
   * for a server, and not for a disk that may hang.
   */
  readonly blocking?: boolean;
}

/** A file that is open and fit to be a device. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** The path as the caller gave it. */
  readonly name: string;
  readonly absolutePath: string;
  /** With `ino`: which file it is, wherever its path may lead later. */
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  readonly writable: boolean;
  readonly blocking: boolean;
}

/** The system's errors that say there is nothing at a path. */
const missingCodes: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ENXIO", "ENODEV"]);

/**
 * Opens a regular or block special file.
 *
 * @throws {DeviceError} `device-missing` or `device-failed`, with the system's error as cause.
 * @throws {UsageError} `invalid-argument`.
 */
export async function openFile(path: string, options: FileDeviceOptions): Promise<OpenFile> {
  const { writable = false, create = false, sizeBytes: leastSizeBytes = 0, blocking = false } = options;
  checkOptions(path, writable, create, leastSizeBytes);
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, openFlags(writable) | (create ? constants.O_CREAT : 0), 0o600);
    const stats = await handle.stat({ bigint: true });
    const sizeBytes = await sizeOf(handle, stats, path, leastSizeBytes);
    const { dev, ino } = stats;
    return { handle, name: path, absolutePath: resolve(path), dev, ino, sizeBytes, writable, blocking };
  } catch (error) {
    await handle?.close();
    if (error instanceof StorageError) throw error;
    throw openError(path, error);
  }
}

/**
 * Opens anew, for reading, a file that another thread of this process has open.
 *
 * @throws {DeviceError} `content-changed` where neither the path nor the descriptor leads to it any more.
 */
export async function reopenFile(
  { name, path, fd, dev, ino, sizeBytes }: FileDeviceHandle,
  { blocking = false }: Pick<FileDeviceOptions, "blocking">,
): Promise<OpenFile> {
  // The second, on Linux, is the file itself, though it was renamed or unlinked.
  for (const candidate of [path, `/proc/self/fd/${fd}`]) {
    const handle = await open(candidate, openFlags(false)).catch(() => undefined);
    const stats = await handle?.stat({ bigint: true });
    if (handle && stats?.dev === dev && stats.ino === ino) {
      return { handle, name, absolutePath: path, dev, ino, sizeBytes, writable: false, blocking };
    }
    await handle?.close();
  }
  throw new DeviceError("content-changed", `${name} is no longer the file that was open: open it anew`, {
    at: { device: name, path },
  });
}

/**
 * @throws {DeviceError} `device-failed`.
 */
export async function closeFile({ handle, name }: OpenFile): Promise<void> {
  try {
    await handle.close();
  } catch (cause) {
    throw new DeviceError("device-failed", `close of ${name}: ${messageOf(cause)}`, {
      at: { device: name },
      cause,
    });
  }
}

function openFlags(writable: boolean): number {
  // Without O_NONBLOCK, opening a FIFO would wait for its other end.
  return (writable ? constants.O_RDWR : constants.O_RDONLY) | (constants.O_NONBLOCK ?? 0);
}

function checkOptions(path: string, writable: boolean, create: boolean, leastSizeBytes: number): void {
  const at = { device: path };
  if (!Number.isSafeInteger(leastSizeBytes) || leastSizeBytes < 0) {
    throw new UsageError("invalid-argument", `${path} cannot have ${leastSizeBytes} bytes`, { at });
  }
  if (!writable && (create || leastSizeBytes > 0)) {
    throw new UsageError("invalid-argument", `${path}: create and sizeBytes need writable`, { at });
  }
}

async function sizeOf(
  handle: FileHandle,
  stats: BigIntStats,
  path: string,
  leastSizeBytes: number,
): Promise<number> {
  if (!stats.isFile() && !stats.isBlockDevice()) {
    throw new UsageError("invalid-argument", `${path} is neither a regular file nor a block device`, {
      at: { device: path },
    });
  }
  const sizeBytes = stats.isFile() ? Number(stats.size) : await blockDeviceSizeBytes(stats.rdev);
  if (sizeBytes >= leastSizeBytes) return sizeBytes;
  if (stats.isBlockDevice()) {
    throw new UsageError(
      "invalid-argument",
      `${path} has ${sizeBytes} bytes, less than the ${leastSizeBytes} that are needed: give a larger device`,
      { at: { device: path } },
    );
  }
  await handle.truncate(leastSizeBytes);
  return leastSizeBytes;
}

/** What a path that cannot be opened is reported as. */
export function openError(path: string, cause: unknown): DeviceError {
  const at = { device: path, path };
  if (missingCodes.has((cause as NodeJS.ErrnoException).code)) {
    return new DeviceError("device-missing", `${path} does not exist: ${messageOf(cause)}`, { at, cause });
  }
  return new DeviceError("device-failed", `${path} cannot be opened: ${messageOf(cause)}`, { at, cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
