/** Opening what can be a device, and finding its size. */
import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { DeviceError, InvariantError, StorageError, UsageError } from "../errors.ts";

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
}

/** A file that is open and fit to be a device. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** As the caller gave it. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly writable: boolean;
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
  const { writable = false, create = false, sizeBytes: leastSizeBytes = 0 } = options;
  checkOptions(path, writable, create, leastSizeBytes);
  const flags = (writable ? constants.O_RDWR : constants.O_RDONLY) | (create ? constants.O_CREAT : 0);
  let handle: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for its other end.
    handle = await open(path, flags | (constants.O_NONBLOCK ?? 0), 0o600);
    const sizeBytes = await sizeOf(handle, path, leastSizeBytes);
    return { handle, path, sizeBytes, writable };
  } catch (error) {
    await handle?.close();
    if (error instanceof StorageError) throw error;
    throw openError(path, error);
  }
}

/**
 * @throws {DeviceError} `device-failed`.
 */
export async function closeFile({ handle, path }: OpenFile): Promise<void> {
  try {
    await handle.close();
  } catch (cause) {
    throw new DeviceError("device-failed", `close of ${path}: ${messageOf(cause)}`, {
      at: { device: path },
      cause,
    });
  }
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

async function sizeOf(handle: FileHandle, path: string, leastSizeBytes: number): Promise<number> {
  const stats = await handle.stat({ bigint: true });
  if (!stats.isFile() && !stats.isBlockDevice()) {
    throw new UsageError("invalid-argument", `${path} is neither a regular file nor a block device`, {
      at: { device: path },
    });
  }
  const sizeBytes = Number(stats.isFile() ? stats.size : await blockDeviceSizeBytes(stats));
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

/**
 * Linux's answer in `/sys` (in sectors of 512 bytes whatever the device's own),
 * since Node has neither the seek nor the ioctl that would tell.
 */
async function blockDeviceSizeBytes({ rdev }: BigIntStats): Promise<bigint> {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, "ascii");
  if (!/^\d{1,16}\n$/.test(sectors)) throw new InvariantError("/sys gives a block device no size");
  return BigInt(sectors.trim()) * 512n;
}

function openError(path: string, cause: unknown): DeviceError {
  const at = { device: path, path };
  if (missingCodes.has((cause as NodeJS.ErrnoException).code)) {
    return new DeviceError("device-missing", `${path} does not exist: ${messageOf(cause)}`, { at, cause });
  }
  return new DeviceError("device-failed", `${path} cannot be opened: ${messageOf(cause)}`, { at, cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
