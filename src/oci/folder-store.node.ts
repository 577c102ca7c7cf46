/** A folder as a store of files. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { DeviceError, FormatError } from "../errors.ts";
import { type FileStore, outsideStore } from "./file-store.ts";
import type { SourceCallOptions } from "./image-source.ts";

/** As much as a read from a disk is worth. */
const chunkSizeBytes = 1024 * 1024;

/** See the head of this file. Links inside the folder are followed, links out of it refused. */
export class FolderStore implements FileStore {
  readonly name: string;
  readonly #root: string;

  private constructor(name: string, root: string) {
    this.name = name;
    this.#root = root;
  }

  /**
   * @param path of the folder, which also names the store.
   * @throws {DeviceError} `device-missing` where there is nothing at the path.
   */
  static async open(path: string): Promise<FolderStore> {
    try {
      return new FolderStore(path, await realpath(path));
    } catch (cause) {
      throw new DeviceError("device-missing", `${path} does not exist or cannot be read`, {
        at: { path },
        cause,
      });
    }
  }

  async sizeBytes(path: string): Promise<number | undefined> {
    const file = await this.#open(path);
    if (file === undefined) return undefined;
    try {
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  }

  async *read(path: string, { signal }: SourceCallOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const file = await this.#open(path);
    if (file === undefined) {
      throw new DeviceError("device-missing", `${this.name}: ${path} is missing`, { at: { path } });
    }
    try {
      const buffer = new Uint8Array(chunkSizeBytes);
      for (;;) {
        signal?.throwIfAborted();
        const { bytesRead } = await this.#readChunk(file, buffer, path);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  async #readChunk(file: FileHandle, buffer: Uint8Array, path: string): Promise<{ bytesRead: number }> {
    try {
      return await file.read(buffer, 0, buffer.length, null);
    } catch (cause) {
      throw new DeviceError("device-failed", `${this.name}: ${path} cannot be read`, { at: { path }, cause });
    }
  }

  async #open(path: string): Promise<FileHandle | undefined> {
    let handle: FileHandle | undefined;
    try {
      const real = await realpath(join(this.#root, path));
      if (!real.startsWith(this.#root.endsWith(sep) ? this.#root : this.#root + sep)) {
        throw outsideStore(this.name, path);
      }
      // Without O_NONBLOCK, opening a FIFO would wait for its other end.
      handle = await open(
        real,
        constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
      );
      if (!(await handle.stat()).isFile()) {
        throw new FormatError("bad-field", `${this.name}: ${path} is no regular file`, { at: { path } });
      }
      return handle;
    } catch (cause) {
      await handle?.close();
      if (cause instanceof FormatError) throw cause;
      if (isMissing(cause)) return undefined;
      throw new DeviceError("device-failed", `${this.name}: ${path} cannot be opened`, {
        at: { path },
        cause,
      });
    }
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}
