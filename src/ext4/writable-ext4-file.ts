/** Files of a writable tree that are open. */
import { StateError, UsageError } from "../errors.ts";
import type { FileStretch, OpenFile, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { AllocateOptions, WritableOpenFile } from "../tree/writable-file-tree.ts";
import type { FileData } from "./file-data.ts";
import type { LiveInode } from "./live-inode.ts";

/** What an open file asks of its tree. */
export interface OpenFileCalls {
  /** Runs a call that only reads. */
  read<Result>(
    options: TreeOptions,
    call: (data: FileData, inode: LiveInode) => Result | Promise<Result>,
  ): Promise<Result>;
  /** Runs a call that changes something, whole or not at all. */
  change<Result>(
    options: TreeOptions,
    call: (data: FileData, inode: LiveInode) => Result | Promise<Result>,
  ): Promise<Result>;
  close(): Promise<void>;
}

/** A file that is open for reading. */
export class LiveExt4File implements OpenFile {
  readonly node: TreeNode;
  readonly #calls: OpenFileCalls;
  #closed = false;

  constructor(node: TreeNode, calls: OpenFileCalls) {
    this.node = node;
    this.#calls = calls;
  }

  async read(offsetBytes: number, into: Uint8Array, options: TreeOptions = {}): Promise<number> {
    const calls = this.use(offsetBytes);
    return await calls.read(options, (data) => data.read(offsetBytes, into, options));
  }

  async nextData(offsetBytes: number, options: TreeOptions = {}): Promise<FileStretch | undefined> {
    const calls = this.use(offsetBytes);
    return calls.read(options, (data) => data.nextData(offsetBytes));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#calls.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The tree's calls, for a use at an offset, or of a size. */
  protected use(offsetBytes: number): OpenFileCalls {
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0) {
      throw new UsageError("invalid-argument", `${offsetBytes} is no offset in a file`, {
        at: { inode: this.node.inode },
      });
    }
    if (!this.#closed) return this.#calls;
    throw new StateError("closed", `the file of inode ${this.node.inode} is closed: open it anew`, {
      at: { inode: this.node.inode },
    });
  }
}

/** A file that is open for reading and writing. */
export class WritableExt4File extends LiveExt4File implements WritableOpenFile {
  async write(offsetBytes: number, from: Uint8Array, options: TreeOptions = {}): Promise<number> {
    const calls = this.use(offsetBytes);
    return await calls.change(options, (data) => data.write(offsetBytes, from));
  }

  async append(
    from: Uint8Array,
    options: TreeOptions = {},
  ): Promise<{ readonly offsetBytes: number; readonly writtenBytes: number }> {
    return this.use(0).change(options, async (data, inode) => {
      const offsetBytes = inode.sizeBytes;
      const writtenBytes = await data.write(offsetBytes, from);
      return { offsetBytes, writtenBytes };
    });
  }

  async truncate(sizeBytes: number, options: TreeOptions = {}): Promise<void> {
    await this.use(sizeBytes).change(options, (data) => data.truncate(sizeBytes));
  }

  async allocate(
    offsetBytes: number,
    lengthBytes: number,
    { keepSize = false, ...options }: AllocateOptions = {},
  ): Promise<void> {
    const calls = this.use(offsetBytes);
    checkLength(lengthBytes, this.node);
    await calls.change(options, (data) => data.allocate(offsetBytes, lengthBytes, keepSize));
  }

  async punchHole(offsetBytes: number, lengthBytes: number, options: TreeOptions = {}): Promise<void> {
    const calls = this.use(offsetBytes);
    checkLength(lengthBytes, this.node);
    await calls.change(options, (data) => data.punchHole(offsetBytes, lengthBytes));
  }
}

function checkLength(lengthBytes: number, { inode }: TreeNode): void {
  if (Number.isSafeInteger(lengthBytes) && lengthBytes > 0) return;
  throw new UsageError("invalid-argument", `${lengthBytes} is no length of a range`, { at: { inode } });
}
