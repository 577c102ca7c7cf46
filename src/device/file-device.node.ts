/** Regular files and block special files, read and written at positions. */
import fs from "node:fs";
import { DeviceError, UsageError } from "../errors.ts";
import type { IoOptions, WritableBlockDevice } from "./block-device.ts";
import { CallsUnderWay } from "./calls-under-way.ts";
import type { FileDeviceHandle } from "./device-handle.ts";
import { DirectDevice } from "./direct.ts";
import { closeFile, type FileDeviceOptions, type OpenFile, openFile, reopenFile } from "./open-file.node.ts";
import { checkRange } from "./range-check.ts";

export type { FileDeviceOptions } from "./open-file.node.ts";

/** The most that Node takes in one call is 2 GiB less a byte, and Linux a page less. */
const maxTransferBytes = 0x4000_0000;
const zerosSizeBytes = 0x4_0000;

/**
 * A file as a device. Reads go by the operating system straight into the
 * caller's memory. The size is what it was on opening: a file that others cut
 * afterwards answers `short-read`, what they append is not seen.
 */
export class FileDevice extends DirectDevice implements WritableBlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly writable: boolean;
  readonly #file: OpenFile;
  readonly #fd: number;
  readonly #calls: CallsUnderWay = new CallsUnderWay();

  private constructor(file: OpenFile) {
    const { read, write } = FileDevice.prototype;
    super({ read, write, atOnce: file.blocking });
    this.name = file.name;
    this.sizeBytes = file.sizeBytes;
    this.writable = file.writable;
    this.#file = file;
    this.#fd = file.handle.fd;
  }

  /**
   * Opens the file at `path`, which also names the device.
   *
   * @throws {DeviceError} `device-missing` where there is no such file, `device-failed`
   *   where it cannot be opened; the system's error is the cause.
   * @throws {UsageError} `invalid-argument` for what is neither a regular nor a block
   *   special file, and for options that do not go together.
   */
  static async open(path: string, options: FileDeviceOptions = {}): Promise<FileDevice> {
    return new FileDevice(await openFile(path, options));
  }

  /**
   * Opens, for reading, the file that another thread of this process has open:
   * the opener for `openDeviceHandle`.
   *
   * @throws {DeviceError} `content-changed` where the file is no longer to be had.
   */
  static async reopen(
    handle: FileDeviceHandle,
    options: Pick<FileDeviceOptions, "blocking"> = {},
  ): Promise<FileDevice> {
    return new FileDevice(await reopenFile(handle, options));
  }

  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, into.length);
      options?.signal?.throwIfAborted();
      const lengthBytes = into.length;
      try {
        for (let done = 0; done < lengthBytes; ) {
          const left = lengthBytes - done;
          done += this.#file.blocking
            ? this.#readNow(into, done, left, offsetBytes + done)
            : await this.#readSome(into, done, left, offsetBytes + done);
          options?.signal?.throwIfAborted();
        }
      } catch (error) {
        into.fill(0);
        throw error;
      }
    } finally {
      this.#calls.leave();
    }
  }

  async write(offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    try {
      this.#checkWrite(offsetBytes, from.length, options);
      for (let done = 0; done < from.length; ) {
        done += await this.#writeSome(from, done, from.length - done, offsetBytes + done);
        options?.signal?.throwIfAborted();
      }
    } finally {
      this.#calls.leave();
    }
  }

  async discard(offsetBytes: number, lengthBytes: number, options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    try {
      this.#checkWrite(offsetBytes, lengthBytes, options);
      const zeros = new Uint8Array(Math.min(lengthBytes, zerosSizeBytes));
      for (let done = 0; done < lengthBytes; ) {
        const count = Math.min(zeros.length, lengthBytes - done);
        done += await this.#writeSome(zeros, 0, count, offsetBytes + done);
        options?.signal?.throwIfAborted();
      }
    } finally {
      this.#calls.leave();
    }
  }

  async flush(options?: IoOptions): Promise<void> {
    this.#calls.enter(this.name);
    try {
      this.#checkWrite(0, 0, options);
      await this.#file.handle.datasync().catch((error) => {
        throw this.#failed("flush", 0, error);
      });
      options?.signal?.throwIfAborted();
    } finally {
      this.#calls.leave();
    }
  }

  close(): Promise<void> {
    return this.#calls.close(() => closeFile(this.#file));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  override handle(): FileDeviceHandle {
    const { absolutePath, dev, ino } = this.#file;
    return {
      kind: "file",
      name: this.name,
      path: absolutePath,
      fd: this.#fd,
      dev,
      ino,
      sizeBytes: this.sizeBytes,
    };
  }

  #checkWrite(offsetBytes: number, lengthBytes: number, options: IoOptions | undefined): void {
    checkRange(this, offsetBytes, lengthBytes);
    if (!this.writable) {
      throw new UsageError("unsupported", `${this.name} is open for reading only: open it writable`, {
        at: { device: this.name },
      });
    }
    options?.signal?.throwIfAborted();
  }

  /** One system call, on this thread. */
  #readNow(into: Uint8Array, start: number, lengthBytes: number, offsetBytes: number): number {
    let bytesRead: number;
    try {
      bytesRead = fs.readSync(this.#fd, into, start, Math.min(lengthBytes, maxTransferBytes), offsetBytes);
    } catch (error) {
      throw this.#failed("read", offsetBytes, error as Error);
    }
    if (bytesRead === 0) throw this.#ended(offsetBytes);
    return bytesRead;
  }

  /** One system call. By the descriptor and a callback: the least that Node does for a read. */
  #readSome(into: Uint8Array, start: number, lengthBytes: number, offsetBytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const count = Math.min(lengthBytes, maxTransferBytes);
      fs.read(this.#fd, into, start, count, offsetBytes, (error, bytesRead) => {
        if (error) reject(this.#failed("read", offsetBytes, error));
        else if (bytesRead === 0) reject(this.#ended(offsetBytes));
        else resolve(bytesRead);
      });
    });
  }

  #writeSome(from: Uint8Array, start: number, lengthBytes: number, offsetBytes: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const count = Math.min(lengthBytes, maxTransferBytes);
      fs.write(this.#fd, from, start, count, offsetBytes, (error, written) => {
        if (error) reject(this.#failed("write", offsetBytes, error));
        else if (written === 0) reject(this.#failed("write", offsetBytes, new Error("nothing was written")));
        else resolve(written);
      });
    });
  }

  #failed(what: string, offsetBytes: number, cause: Error): DeviceError {
    return new DeviceError("device-failed", `${what} of ${this.name} at ${offsetBytes}: ${cause.message}`, {
      at: { device: this.name, offsetBytes },
      cause,
    });
  }

  #ended(offsetBytes: number): DeviceError {
    return new DeviceError(
      "short-read",
      `${this.name} ends at or before ${offsetBytes}, though it had ${this.sizeBytes} bytes when it was opened`,
      { at: { device: this.name, offsetBytes } },
    );
  }
}
