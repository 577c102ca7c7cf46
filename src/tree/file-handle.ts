/** A file that is open for reading, in the manner of Node's `FileHandle`. */
import { FileError, UsageError } from "../errors.ts";
import { encode, optionsOf, type TextEncoding, type TreeEncoding } from "./encoding.ts";
import type { FileStretch, TreeNode, TreeOptions } from "./file-tree.ts";
import { linesOf } from "./lines.ts";
import type { OpenDescription } from "./open-description.ts";
import { type BigIntTreeStats, type StatOptions, statsOf, type TreeStats } from "./stats.ts";
import { bytesOfView, positionOf, type TransferRange, transferOf } from "./transfer-arguments.ts";

/** The largest file that `readFile` reads unless told otherwise: Node's own limit. */
export const readFileLimitBytes: number = 2 ** 31 - 1;

/** What is read at once where a file is read in pieces. */
const pieceBytes = 1 << 20;

/** What is read where the file was to have ended. */
const beyondBytes = 4096;

/** What `read` allocates where it is given no buffer. */
const readBufferBytes = 16_384;

/** How to read a whole file. */
export interface ReadFileOptions extends TreeOptions {
  /** Bytes unless set. */
  readonly encoding?: TreeEncoding | null;
  /** A file that is longer is refused with `EFBIG` before anything is allocated; 2^31 - 1 unless set. */
  readonly limitBytes?: number;
}

/** Which part of a file to read in pieces. */
export interface ReadStreamOptions extends TreeOptions {
  /** The first byte; where the last read without a position ended, unless set. */
  readonly start?: number;
  /** The last byte, as Node has it; the file's last unless set. */
  readonly end?: number;
  /** Bytes in a piece; 1 MiB unless set. */
  readonly highWaterMark?: number;
  /** Close the file with the last piece, or when the reader stops; true unless set. */
  readonly autoClose?: boolean;
}

/** What to read into, and what of the file. */
export interface ReadOptions<View extends ArrayBufferView> extends TransferRange {
  /** 16 KiB of its own unless set. */
  readonly buffer?: View;
}

/** A node that is open for reading; of a directory there is nothing to read (`EISDIR`). */
export class TreeFileHandle implements AsyncDisposable {
  readonly #description: OpenDescription;

  /** Made by `TreeFiles.open`. */
  constructor(description: OpenDescription) {
    this.#description = description;
  }

  /** What is open. */
  get node(): TreeNode {
    return this.#description.node;
  }

  /** As Node's `read`, in all its forms. */
  read<View extends ArrayBufferView = Uint8Array>(
    options?: ReadOptions<View>,
  ): Promise<{ bytesRead: number; buffer: View }>;
  read<View extends ArrayBufferView>(
    buffer: View,
    options?: TransferRange,
  ): Promise<{ bytesRead: number; buffer: View }>;
  read<View extends ArrayBufferView>(
    buffer: View,
    offset?: number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: View }>;
  async read(
    bufferOrOptions: ArrayBufferView | ReadOptions<ArrayBufferView> = {},
    range?: TransferRange | number | null,
    length?: number | null,
    position?: number | bigint | null,
  ): Promise<{ bytesRead: number; buffer: ArrayBufferView }> {
    const given = ArrayBuffer.isView(bufferOrOptions)
      ? { buffer: bufferOrOptions, range }
      : { buffer: bufferOrOptions.buffer ?? new Uint8Array(readBufferBytes), range: bufferOrOptions };
    const transfer = transferOf(given.buffer, given.range, length, position);
    const { bytes, options } = transfer;
    const bytesRead =
      bytes.length === 0 ? 0 : await this.#description.read([bytes], transfer.position, options);
    return { bytesRead, buffer: given.buffer };
  }

  /** As Node's `readv`: fills buffers, one after the other. */
  async readv<Views extends readonly ArrayBufferView[]>(
    buffers: Views,
    position?: number | bigint | null,
    options?: TreeOptions,
  ): Promise<{ bytesRead: number; buffers: Views }> {
    const bytesRead = await this.#description.read(buffers.map(bytesOfView), positionOf(position), options);
    return { bytesRead, buffers };
  }

  /** The first stretch at or after an offset that is no hole; undefined where only holes follow. */
  nextData(offsetBytes: number, options?: TreeOptions): Promise<FileStretch | undefined> {
    return this.#description.nextData(offsetBytes, options);
  }

  /**
   * As Node's `readFile`: from where the last read without a position ended to the end.
   *
   * @throws {FileError} `EFBIG` past `limitBytes`, `ENOMEM` where there is no memory for it.
   */
  readFile(
    options?: (ReadFileOptions & { readonly encoding?: "buffer" | null }) | "buffer" | null,
  ): Promise<Uint8Array<ArrayBuffer>>;
  readFile(options: TextEncoding | (ReadFileOptions & { readonly encoding: TextEncoding })): Promise<string>;
  readFile(options?: TreeEncoding | ReadFileOptions | null): Promise<Uint8Array<ArrayBuffer> | string>;
  async readFile(options?: TreeEncoding | ReadFileOptions | null): Promise<Uint8Array | string> {
    const { encoding = "buffer", limitBytes = readFileLimitBytes, ...how } = optionsOf(options);
    const { sizeBytes } = await this.#description.getattr(how);
    if (sizeBytes > limitBytes) throw new FileError("EFBIG", "read");
    const content = allocate(sizeBytes);
    // Also where there is nothing to read, so that a directory says so.
    const into = content.length === 0 ? new Uint8Array(1) : content;
    let readBytes = 0;
    while (readBytes < into.length) {
      const count = await this.#description.read([into.subarray(readBytes)], null, how);
      if (count === 0) break;
      readBytes += count;
    }
    return encode(readBytes === content.length ? content : into.slice(0, readBytes), { encoding });
  }

  /** As Node's `stat` of a handle. */
  stat(options?: StatOptions & { readonly bigint?: false }): Promise<TreeStats>;
  stat(options: StatOptions & { readonly bigint: true }): Promise<BigIntTreeStats>;
  async stat(options?: StatOptions): Promise<TreeStats | BigIntTreeStats> {
    return statsOf(await this.#description.getattr(options), options);
  }

  /** The file, or a part of it, in pieces; each is the reader's own. */
  async *createReadStream({
    start,
    end = Number.MAX_SAFE_INTEGER,
    highWaterMark = pieceBytes,
    autoClose = true,
    ...options
  }: ReadStreamOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    try {
      checkStream(highWaterMark, start, end);
      const { sizeBytes } = await this.#description.getattr(options);
      const first = start ?? 0;
      for (let at = first; at <= end; ) {
        const rest = Math.max(sizeBytes - at, beyondBytes);
        const piece = allocate(Math.min(highWaterMark, end - at + 1, rest));
        const position = start === undefined ? null : at;
        const readBytes = await this.#description.read([piece], position, options);
        if (readBytes === 0) return;
        at += readBytes;
        yield readBytes === piece.length ? piece : piece.slice(0, readBytes);
      }
    } finally {
      if (autoClose) await this.close();
    }
  }

  /**
   * As Node's `readLines`: the lines of the file as text, without their ends.
   *
   * @throws {FileError} `EFBIG` for a line of more than 2^24 characters.
   */
  readLines(options?: ReadStreamOptions): AsyncGenerator<string, void, undefined> {
    return linesOf(this.createReadStream(options));
  }

  /** As Node's `readableWebStream`: the file from where the last read without a position ended; it stays open. */
  readableWebStream(options: ReadStreamOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pieces = this.createReadStream({ autoClose: false, ...options });
    return new ReadableStream(
      {
        async pull(controller) {
          const { value, done } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
        async cancel() {
          await pieces.return();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Waits for what is under way and lets go of the file; closing twice is no error. */
  close(): Promise<void> {
    return this.#description.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkStream(highWaterMark: number, start = 0, end = 0): void {
  if (!Number.isSafeInteger(highWaterMark) || highWaterMark < 1) {
    throw new UsageError("invalid-argument", `highWaterMark ${highWaterMark} is no number of bytes`);
  }
  if (!Number.isSafeInteger(start) || start < 0 || !(end >= 0)) {
    throw new UsageError("invalid-argument", `there is no stretch of a file from ${start} to ${end}`);
  }
}

/** The engine's own limit is below what an image may claim. */
function allocate(sizeBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch {
    throw new FileError("ENOMEM", "read");
  }
}
