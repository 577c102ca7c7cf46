/** A file that is open for writing as well, in the manner of Node's `FileHandle`. */
import { checkTextEncoding, optionsOf, type TextEncoding, type TreeEncoding } from "./encoding.ts";
import { bytesOfPiece, type FileData, type FileDataPiece, piecesOf } from "./file-data.ts";
import { TreeFileHandle } from "./file-handle.ts";
import type { FileMode } from "./file-mode.ts";
import type { FileTime } from "./file-times.ts";
import type { TreeOptions } from "./file-tree.ts";
import type { NodeChange, NodeChanges } from "./node-changes.ts";
import type { OpenDescription } from "./open-description.ts";
import { bytesOfView, positionOf, type TransferRange, transferOf } from "./transfer-arguments.ts";
import type { AllocateOptions, WritableFileTree } from "./writable-file-tree.ts";

/** How to write a whole content to an open file. */
export interface WriteOptions extends TreeOptions {
  /** Text is written as UTF-8. */
  readonly encoding?: TextEncoding | null;
}

/** Where to write a stream to. */
export interface WriteStreamOptions extends TreeOptions {
  /** The first byte; where the last write without a position ended, unless set. */
  readonly start?: number;
  /** Flush the tree before the file is closed. */
  readonly flush?: boolean;
  /** Close the file with the stream; true unless set. */
  readonly autoClose?: boolean;
}

/** What a handle's calls beyond its content stand on. */
export interface HandleSupport {
  readonly tree: WritableFileTree;
  readonly changes: NodeChanges;
}

/** A node that is open. What it was not opened for is `EBADF`. */
export class WritableTreeFileHandle extends TreeFileHandle {
  readonly #description: OpenDescription;
  readonly #support: HandleSupport;

  /** Made by `WritableTreeFiles.open`. */
  constructor(description: OpenDescription, support: HandleSupport) {
    super(description);
    this.#description = description;
    this.#support = support;
  }

  /** As Node's `write`, in all its forms; fewer bytes than were given are written only where space ran out. */
  write<View extends ArrayBufferView>(
    buffer: View,
    options?: TransferRange,
  ): Promise<{ bytesWritten: number; buffer: View }>;
  write<View extends ArrayBufferView>(
    buffer: View,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesWritten: number; buffer: View }>;
  write(
    text: string,
    position?: number | bigint | null,
    encoding?: TextEncoding | null,
  ): Promise<{ bytesWritten: number; buffer: string }>;
  async write(
    data: FileDataPiece,
    range?: TransferRange | number | bigint | null,
    length?: number | string | null,
    position?: number | bigint | null,
  ): Promise<{ bytesWritten: number; buffer: FileDataPiece }> {
    if (typeof data === "string") checkTextEncoding(length);
    const transfer =
      typeof data === "string"
        ? transferOf(bytesOfPiece(data), { position: range as number | bigint | null })
        : transferOf(data, range as TransferRange | number | null, length as number | null, position);
    const bytesWritten = await this.#description.write(transfer.bytes, transfer.position, transfer.options);
    return { bytesWritten, buffer: data };
  }

  /** As Node's `writev`: all buffers in one write. */
  async writev<Views extends readonly ArrayBufferView[]>(
    buffers: Views,
    position?: number | bigint | null,
    options?: TreeOptions,
  ): Promise<{ bytesWritten: number; buffers: Views }> {
    const joined = joinBytes(buffers.map(bytesOfView));
    const bytesWritten = await this.#description.write(joined, positionOf(position), options);
    return { bytesWritten, buffers };
  }

  /**
   * As Node's `writeFile` of a handle: from where the last write without a position ended;
   * what is behind stays.
   */
  async writeFile(data: FileData, options?: TreeEncoding | WriteOptions | null): Promise<void> {
    const { signal, encoding } = optionsOf(options);
    checkTextEncoding(encoding);
    for await (const piece of piecesOf(data)) await this.#writeAll(piece, null, signal ? { signal } : {});
  }

  /** As Node's `appendFile` of a handle, which is its `writeFile`. */
  appendFile(data: FileData, options?: TreeEncoding | WriteOptions | null): Promise<void> {
    return this.writeFile(data, options);
  }

  /** As Node's `createWriteStream`, as a stream of the web's. */
  createWriteStream({
    start,
    flush = false,
    autoClose = true,
    ...options
  }: WriteStreamOptions = {}): WritableStream<FileDataPiece> {
    let at = positionOf(start);
    const close = async (): Promise<void> => {
      if (autoClose) await this.close();
    };
    return new WritableStream({
      write: async (piece) => {
        try {
          const bytes = bytesOfPiece(piece);
          await this.#writeAll(bytes, at, options);
          if (at !== null) at += bytes.length;
        } catch (error) {
          // A stream that failed calls neither of the two below.
          await close();
          throw error;
        }
      },
      close: async () => {
        if (flush) await this.sync(options);
        await close();
      },
      abort: close,
    });
  }

  /** As Node's `truncate` of a handle. */
  truncate(sizeBytes = 0, options?: TreeOptions): Promise<void> {
    return this.#description.truncate(Math.max(positionOf(sizeBytes) ?? 0, 0), options);
  }

  /** Beyond Node: takes space for a range. See `WritableOpenFile.allocate`. */
  allocate(offsetBytes: number, lengthBytes: number, options?: AllocateOptions): Promise<void> {
    return this.#description.allocate(offsetBytes, lengthBytes, options);
  }

  /** Beyond Node: makes a range a hole. See `WritableOpenFile.punchHole`. */
  punchHole(offsetBytes: number, lengthBytes: number, options?: TreeOptions): Promise<void> {
    return this.#description.punchHole(offsetBytes, lengthBytes, options);
  }

  /** As Node's `chmod` of a handle. */
  async chmod(mode: FileMode, options?: TreeOptions): Promise<void> {
    await this.#change("fchmod", this.#support.changes.mode(mode), options);
  }

  /** As Node's `chown` of a handle. */
  async chown(uid: number, gid: number, options?: TreeOptions): Promise<void> {
    await this.#change("fchown", this.#support.changes.owner(uid, gid), options);
  }

  /** As Node's `utimes` of a handle, and finer: see `FileTime`. */
  async utimes(atime: FileTime, mtime: FileTime, options?: TreeOptions): Promise<void> {
    await this.#change("futime", this.#support.changes.times(atime, mtime), options);
  }

  /** As Node's `sync`: all that was changed in the tree is on its device, and the device has flushed. */
  sync(options?: TreeOptions): Promise<void> {
    return this.#description.run("fsync", () => this.#support.tree.flush(options));
  }

  /** As `sync`: a tree makes no difference between the two. */
  datasync(options?: TreeOptions): Promise<void> {
    return this.#description.run("fdatasync", () => this.#support.tree.flush(options));
  }

  #change(syscall: string, change: NodeChange, options?: TreeOptions): Promise<void> {
    return this.#description.run(syscall, () => change(this.node, options));
  }

  /** Goes on where space ran out in the middle, so as to learn that there is none. */
  async #writeAll(bytes: Uint8Array, position: number | null, options: TreeOptions): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const here = position === null ? null : position + at;
      at += await this.#description.write(bytes.subarray(at), here, options);
    }
  }
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
