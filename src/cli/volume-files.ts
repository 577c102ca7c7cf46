/** The files of one volume: each opened once, all closed at the end, and what was begun undone on a failure. */
import { open, stat, truncate, unlink } from "node:fs/promises";
import { FileDevice } from "../device/file-device.node.ts";
import { UsageError } from "../errors.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/**
 * Data, tree and parity may share one file; `open` then gives the same device
 * for each. Disposing closes all. Unless `keep` was called before, files that
 * were made are removed and files that were extended are cut to what they were.
 */
export class VolumeFiles implements AsyncDisposable {
  readonly #devices = new Map<string, FileDevice>();
  #undo: (() => Promise<void>)[] = [];

  /**
   * Makes an empty file, for its owner alone, where there is none.
   *
   * @param what names it in the failure: `"hash"`, `"FEC"`.
   * @throws {CommandFailure} where it is neither there nor can be made.
   */
  async make(path: string, what: string): Promise<void> {
    try {
      const file = await open(path, "wx", 0o600);
      await file.close();
      this.#undo.push(() => unlink(path));
    } catch (cause) {
      if (hasCode(cause, "EEXIST")) return;
      throw new CommandFailure(exitCodes.failure, `Cannot create ${what} image ${path} for writing.`, {
        cause,
      });
    }
  }

  /** Size of a file or device, in bytes. */
  async sizeBytesOf(path: string): Promise<number> {
    const known = this.#devices.get(await fileKey(path));
    if (known !== undefined) return known.sizeBytes;
    await using device = await openDevice(path, {});
    return device.sizeBytes;
  }

  /** Whether two paths lead to one file or device. */
  async identical(one: string, other: string): Promise<boolean> {
    return one === other || (await fileKey(one)) === (await fileKey(other));
  }

  /** Opens for reading. */
  open(path: string): Promise<FileDevice> {
    return this.#opened(path, {});
  }

  /** Opens for writing, and extends a file that has fewer than `sizeBytes`. */
  async openWritable(path: string, sizeBytes: number): Promise<FileDevice> {
    const before = await this.sizeBytesOf(path);
    const device = await this.#opened(path, { writable: true, sizeBytes });
    if (device.sizeBytes > before) this.#undo.push(() => truncate(path, before));
    return device;
  }

  /** From here on a failure leaves the files as they are. */
  keep(): void {
    this.#undo = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const device of this.#devices.values()) await device.close();
    for (const undo of this.#undo.toReversed()) await undo();
  }

  async #opened(path: string, options: { writable?: boolean; sizeBytes?: number }): Promise<FileDevice> {
    const key = await fileKey(path);
    const known = this.#devices.get(key);
    const { writable = false, sizeBytes = 0 } = options;
    if (known !== undefined && (known.writable || !writable) && known.sizeBytes >= sizeBytes) return known;
    await known?.close();
    const device = await openDevice(path, options);
    this.#devices.set(key, device);
    return device;
  }
}

/** What tells files apart whatever their paths: the inode, or for a device file the device. */
async function fileKey(path: string): Promise<string> {
  try {
    const status = await stat(path, { bigint: true });
    return status.isBlockDevice() ? `device ${status.rdev}` : `file ${status.dev} ${status.ino}`;
  } catch (cause) {
    throw missing(path, cause);
  }
}

async function openDevice(
  path: string,
  options: { writable?: boolean; sizeBytes?: number },
): Promise<FileDevice> {
  try {
    return await FileDevice.open(path, options);
  } catch (cause) {
    if (cause instanceof UsageError) {
      const message = `Device ${path} is not compatible.\nIt is neither a file nor a block device.`;
      throw new CommandFailure(exitCodes.noDevice, message, { cause });
    }
    throw missing(path, cause);
  }
}

function missing(path: string, cause: unknown): CommandFailure {
  const message = `Device ${path} does not exist or access denied.`;
  return new CommandFailure(exitCodes.noDevice, message, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
