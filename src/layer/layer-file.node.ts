/**
 * A layer image in a file that is there whole or not at all: written under a
 * name of its own beside the file it is to be, and renamed at the end. What an
 * image has of zeros stays a hole.
 */
import fs from "node:fs";
import { realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { toHex } from "../bytes/hex.ts";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import { DeviceError, UsageError } from "../errors.ts";
import type { LayerTarget } from "./layer-target.ts";

/** SHA-256 of a whole image and of its file system alone. */
export interface ImageDigests {
  readonly imageSha256: Uint8Array;
  readonly ext4Sha256: Uint8Array;
}

const copySizeBytes = 2 ** 20;

/** See the head of this file. Disposing removes what `commit` has not given its name. */
export class LayerFile implements LayerTarget, AsyncDisposable {
  /** Where the image will be. */
  readonly path: string;
  readonly #temporary: string;
  readonly #image: number;
  #aside: number | undefined;
  #sizeBytes = 0;
  #closed = false;
  #committed = false;

  private constructor(path: string, temporary: string, image: number) {
    this.path = path;
    this.#temporary = temporary;
    this.#image = image;
  }

  /**
   * Makes the file under its temporary name.
   *
   * @param path where the image is to be; a file that is there is replaced at the end, through
   *   symbolic links.
   * @throws {UsageError} `invalid-argument` where something else than a file is there.
   * @throws {DeviceError} `device-missing` or `device-failed` where no file can be made.
   */
  static async create(path: string): Promise<LayerFile> {
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => undefined);
    if (there !== undefined && !there.isFile()) {
      throw new UsageError(
        "invalid-argument",
        `${path} is there and no file: an image is written to a file`,
        {
          at: { path },
        },
      );
    }
    const temporary = temporaryName(target);
    return new LayerFile(
      target,
      temporary,
      attempt(path, "make", () => fs.openSync(temporary, "wx+", 0o666)),
    );
  }

  write(offsetBytes: number, bytes: Uint8Array): void {
    this.#write(this.#image, offsetBytes, bytes);
  }

  putAside(offsetBytes: number, bytes: Uint8Array): void {
    this.#aside ??= attempt(this.path, "write", () => openUnnamed(`${this.#temporary}.leaves`));
    this.#write(this.#aside, offsetBytes, bytes);
  }

  bringBack(offsetBytes: number, lengthBytes: number): void {
    const aside = this.#aside;
    if (aside === undefined) return;
    const buffer = new Uint8Array(Math.min(copySizeBytes, lengthBytes));
    for (let done = 0; done < lengthBytes; ) {
      const piece = buffer.subarray(0, Math.min(buffer.length, lengthBytes - done));
      done += this.#read(aside, done, piece);
      this.#write(this.#image, offsetBytes + done - piece.length, piece);
    }
  }

  end(sizeBytes: number): void {
    attempt(this.path, "write", () => fs.ftruncateSync(this.#image, sizeBytes));
    this.#sizeBytes = sizeBytes;
  }

  /**
   * Reads the finished image once more: its first block is final only when all
   * the others are written, so no digest could be taken on the way.
   *
   * @param ext4SizeBytes where the file system ends.
   */
  async digests(ext4SizeBytes: number, signal?: AbortSignal): Promise<ImageDigests> {
    const hasher = await createNativeStreamHasher("sha256");
    const buffer = new Uint8Array(copySizeBytes);
    let ext4Sha256: Uint8Array = new Uint8Array(0);
    for (let done = 0; done < this.#sizeBytes; ) {
      // Signals are heard between two reads.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      const end = done < ext4SizeBytes ? ext4SizeBytes : this.#sizeBytes;
      const piece = buffer.subarray(0, Math.min(buffer.length, end - done));
      done += this.#read(this.#image, done, piece);
      hasher.update(piece);
      if (done === ext4SizeBytes) ext4Sha256 = hasher.digestSoFar();
    }
    return { imageSha256: hasher.digest(), ext4Sha256 };
  }

  /** Gives the image its name. @throws {DeviceError} `device-failed`. */
  async commit(): Promise<void> {
    this.#close();
    try {
      await rename(this.#temporary, this.path);
    } catch (cause) {
      throw failed(this.path, "make", cause);
    }
    this.#committed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    if (!this.#committed) await unlink(this.#temporary).catch(() => {});
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    fs.closeSync(this.#image);
    if (this.#aside !== undefined) fs.closeSync(this.#aside);
  }

  #write(file: number, offsetBytes: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const count = bytes.length - done;
      done += attempt(this.path, "write", () => fs.writeSync(file, bytes, done, count, offsetBytes + done));
    }
  }

  /** Fills `into`. */
  #read(file: number, offsetBytes: number, into: Uint8Array): number {
    for (let done = 0; done < into.length; ) {
      const count = into.length - done;
      const read = attempt(this.path, "read", () => fs.readSync(file, into, done, count, offsetBytes + done));
      if (read === 0) {
        const message = `${this.path} ends at ${offsetBytes + done}: it was cut while it was being written`;
        throw new DeviceError("short-read", message, { at: { path: this.path } });
      }
      done += read;
    }
    return into.length;
  }
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${toHex(crypto.getRandomValues(new Uint8Array(6)))}.tmp`);
}

/** A file without a name: it goes with its descriptor, however the process ends. */
function openUnnamed(path: string): number {
  const file = fs.openSync(path, "wx+", 0o600);
  fs.unlinkSync(path);
  return file;
}

function attempt<Result>(path: string, what: string, call: () => Result): Result {
  try {
    return call();
  } catch (cause) {
    throw failed(path, what, cause);
  }
}

function failed(path: string, what: string, cause: unknown): DeviceError {
  const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = missing ? "device-missing" : "device-failed";
  return new DeviceError(code, `cannot ${what} ${path}: ${why}`, { at: { path }, cause });
}
