/** An open file, in the manner of Node's `FileHandle`. */
import { FileError, UsageError } from "../errors.ts";
import type { FileStretch, FileTree, OpenFile, TreeOptions } from "./file-tree.ts";
import { withPath } from "./path-walk.ts";
import { TreeStats } from "./stats.ts";

/** The largest file that `readFile` reads unless told otherwise: Node's own limit. */
export const readFileLimitBytes: number = 2 ** 31 - 1;

/** What is read at once where a file is read in pieces. */
const pieceBytes = 1 << 20;

/** How to read a whole file. */
export interface ReadFileOptions extends TreeOptions {
  /** A file that is longer is refused with `EFBIG` before anything is allocated; 2^31 - 1 unless set. */
  readonly limitBytes?: number;
}

/** Which part of a file to read in pieces. */
export interface ReadStreamOptions extends TreeOptions {
  /** The first byte; 0 unless set. */
  readonly start?: number;
  /** The last byte, as Node has it; the file's last unless set. */
  readonly end?: number;
  /** Bytes in a piece; 1 MiB unless set. */
  readonly highWaterMark?: number;
}

/** A regular file that is open for reading. */
export class TreeFileHandle implements AsyncDisposable {
  readonly #tree: FileTree;
  readonly #file: OpenFile;
  readonly #path: string;

  /** Made by `TreeFiles.open`. */
  constructor(tree: FileTree, file: OpenFile, path: string) {
    this.#tree = tree;
    this.#file = file;
    this.#path = path;
  }

  /**
   * Reads into a buffer.
   *
   * @returns how many bytes were read: fewer than the buffer has only at the end of the file.
   */
  read(into: Uint8Array, offsetBytes: number, options?: TreeOptions): Promise<number> {
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0) {
      const message = `cannot read ${this.#path} at ${offsetBytes}: an offset is a non-negative integer`;
      return Promise.reject(new UsageError("invalid-argument", message));
    }
    return withPath(this.#path, "read", () => this.#file.read(offsetBytes, into, options));
  }

  /** The first stretch at or after an offset that is no hole; undefined where only holes follow. */
  nextData(offsetBytes: number, options?: TreeOptions): Promise<FileStretch | undefined> {
    return withPath(this.#path, "lseek", () => this.#file.nextData(offsetBytes, options));
  }

  /**
   * The whole file.
   *
   * @throws {FileError} `EFBIG` past `limitBytes`, `ENOMEM` where there is no memory for it.
   */
  async readFile({
    limitBytes = readFileLimitBytes,
    ...options
  }: ReadFileOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { size } = await this.stat(options);
    if (size > limitBytes) throw new FileError("EFBIG", "read", this.#path);
    const content = this.#allocate(size);
    const readBytes = await this.read(content, 0, options);
    return readBytes === size ? content : content.slice(0, readBytes);
  }

  /** The file's attributes. */
  async stat(options?: TreeOptions): Promise<TreeStats> {
    return new TreeStats(await this.#tree.getattr(this.#file.node, options));
  }

  /** The file, or a part of it, in pieces; each is the reader's own. */
  async *createReadStream({
    start = 0,
    end = Number.MAX_SAFE_INTEGER,
    highWaterMark = pieceBytes,
    ...options
  }: ReadStreamOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    if (!Number.isSafeInteger(highWaterMark) || highWaterMark < 1) {
      throw new UsageError("invalid-argument", `highWaterMark ${highWaterMark} is no number of bytes`);
    }
    const { size } = await this.stat(options);
    const stop = Math.min(end + 1, size);
    for (let at = start; at < stop; ) {
      const piece = this.#allocate(Math.min(highWaterMark, stop - at));
      const readBytes = await this.read(piece, at, options);
      if (readBytes === 0) return;
      at += readBytes;
      yield readBytes === piece.length ? piece : piece.slice(0, readBytes);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The engine's own limit is below what an image may claim. */
  #allocate(sizeBytes: number): Uint8Array<ArrayBuffer> {
    try {
      return new Uint8Array(sizeBytes);
    } catch {
      throw new FileError("ENOMEM", "read", this.#path);
    }
  }
}
