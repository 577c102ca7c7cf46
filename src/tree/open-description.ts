/**
 * What Linux calls an open file description: a node that is open, how it was opened,
 * and the position that reads and writes without one of their own go on from.
 */
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import { CallOrder } from "./call-order.ts";
import type { FileStretch, FileTree, OpenFile, TreeNode, TreeOptions } from "./file-tree.ts";
import type { OpenFlags } from "./open-flags.ts";
import type { WritableOpenFile } from "./writable-file-tree.ts";

/** What is open: a file by its content, for writing where it may be written; a directory has none. */
export interface OpenContent {
  readonly file?: OpenFile;
  readonly writable?: WritableOpenFile;
  /** Runs before content is changed: see `FileCapabilities`. */
  readonly beforeChange?: (node: TreeNode, options?: TreeOptions) => Promise<void> | undefined;
  /** Runs after content was changed under `O_SYNC`. */
  readonly flush?: (options?: TreeOptions) => Promise<void>;
}

/** See the head of this file. Its errors are Node's: a syscall and no path. */
export class OpenDescription {
  readonly node: TreeNode;
  readonly #tree: FileTree;
  readonly #flags: OpenFlags;
  readonly #content: OpenContent;
  /** Calls under way. */
  #running = 0;
  #onIdle: (() => void) | undefined;
  #position = 0;
  /** Of calls that go on from the position: they come one after the other, and one that fails moves nothing. */
  readonly #moves: CallOrder = new CallOrder();
  #closing: Promise<void> | undefined;

  /** @param content becomes this description's to close. */
  constructor(tree: FileTree, node: TreeNode, flags: OpenFlags, content: OpenContent) {
    this.#tree = tree;
    this.node = node;
    this.#flags = flags;
    this.#content = content;
  }

  /** Runs an operation; `close` waits for it. */
  async run<Result>(syscall: string, operation: () => Promise<Result>): Promise<Result> {
    if (this.#closing) throw new FileError("EBADF", syscall);
    this.#running += 1;
    try {
      return await operation();
    } catch (error) {
      if (error instanceof FileError && error.path === undefined) throw new FileError(error.code, syscall);
      throw error;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  /**
   * Reads into buffers, one after the other.
   *
   * @param position `null` for where the last call without one ended.
   * @returns how many bytes: fewer than there is room for only at the end of the file.
   */
  read(into: readonly Uint8Array[], position: number | null, options?: TreeOptions): Promise<number> {
    return this.run("read", () => {
      const file = this.#readable("read");
      if (position !== null) return readInto(file, into, position, options);
      return this.#moves.change(async () => {
        const readBytes = await readInto(file, into, this.#position, options);
        this.#position += readBytes;
        return readBytes;
      });
    });
  }

  /** The first stretch at or after an offset that is no hole. */
  nextData(offsetBytes: number, options?: TreeOptions): Promise<FileStretch | undefined> {
    return this.run("lseek", () => {
      if (!this.#content.file) throw new FileError("EINVAL", "lseek");
      return this.#content.file.nextData(offsetBytes, options);
    });
  }

  /**
   * Writes; under `O_APPEND` at the end, whatever the position.
   *
   * @param position `null` for where the last call without one ended.
   * @returns how many bytes: fewer than `from` has only where space ran out.
   */
  write(from: Uint8Array, position: number | null, options?: TreeOptions): Promise<number> {
    return this.run("write", () => this.#write(from, position, options));
  }

  /** Gives the file a size. @throws {FileError} `EINVAL` where it is not open for writing. */
  truncate(sizeBytes: number, options?: TreeOptions): Promise<void> {
    return this.#change("ftruncate", "EINVAL", (file) => file.truncate(sizeBytes, options), options);
  }

  /** See `WritableOpenFile.allocate`. */
  allocate(offsetBytes: number, lengthBytes: number, options?: TreeOptions): Promise<void> {
    const allocate = (file: WritableOpenFile): Promise<void> =>
      file.allocate(offsetBytes, lengthBytes, options);
    return this.#change("fallocate", "EBADF", allocate, options);
  }

  /** See `WritableOpenFile.punchHole`. */
  punchHole(offsetBytes: number, lengthBytes: number, options?: TreeOptions): Promise<void> {
    const punch = (file: WritableOpenFile): Promise<void> =>
      file.punchHole(offsetBytes, lengthBytes, options);
    return this.#change("fallocate", "EBADF", punch, options);
  }

  /** The node's attributes. */
  getattr(options?: TreeOptions): Promise<NodeAttributes> {
    return this.run("fstat", () => this.#tree.getattr(this.node, options));
  }

  /** Waits for what is under way and lets go of the file; closing twice is no error. */
  close(): Promise<void> {
    this.#closing ??= this.#running === 0 ? this.#release() : this.#releaseWhenIdle();
    return this.#closing;
  }

  #release(): Promise<void> {
    return this.#content.file?.close() ?? Promise.resolve();
  }

  async #releaseWhenIdle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    await this.#release();
  }

  async #write(from: Uint8Array, position: number | null, options?: TreeOptions): Promise<number> {
    const file = this.#writable("EBADF", "write");
    if (from.length === 0) return 0;
    // Its place among those that go on from the position is that of the call, whatever has to be asked before.
    const isMoving = position === null;
    const turn = isMoving ? this.#moves.beginChange() : undefined;
    if (turn !== undefined) await turn;
    let writtenBytes: number;
    try {
      const before = this.#content.beforeChange?.(this.node, options);
      if (before !== undefined) await before;
      let offsetBytes = position ?? this.#position;
      if (this.#flags.append) ({ offsetBytes, writtenBytes } = await file.append(from, options));
      else writtenBytes = await file.write(offsetBytes, from, options);
      if (isMoving) this.#position = offsetBytes + writtenBytes;
    } finally {
      if (isMoving) this.#moves.endChange();
    }
    if (this.#flags.sync) await this.#content.flush?.(options);
    return writtenBytes;
  }

  #change(
    syscall: string,
    unwritable: "EBADF" | "EINVAL",
    change: (file: WritableOpenFile) => Promise<void>,
    options?: TreeOptions,
  ): Promise<void> {
    return this.run(syscall, async () => {
      const file = this.#writable(unwritable, syscall);
      await this.#content.beforeChange?.(this.node, options);
      await change(file);
      if (this.#flags.sync) await this.#content.flush?.(options);
    });
  }

  #readable(syscall: string): OpenFile {
    if (!this.#flags.read) throw new FileError("EBADF", syscall);
    if (!this.#content.file) throw new FileError("EISDIR", syscall);
    return this.#content.file;
  }

  #writable(code: "EBADF" | "EINVAL", syscall: string): WritableOpenFile {
    if (!this.#flags.write || !this.#content.writable) throw new FileError(code, syscall);
    return this.#content.writable;
  }
}

async function readInto(
  file: OpenFile,
  into: readonly Uint8Array[],
  offsetBytes: number,
  options?: TreeOptions,
): Promise<number> {
  let totalBytes = 0;
  for (const buffer of into) {
    const readBytes = await file.read(offsetBytes + totalBytes, buffer, options);
    totalBytes += readBytes;
    if (readBytes < buffer.length) break;
  }
  return totalBytes;
}
