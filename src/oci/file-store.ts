/// <reference lib="esnext.disposable" preserve="true" />

/** Files by path: what a layout in a folder and one in an archive have in common. */
import { FormatError } from "../errors.ts";
import { collectStream, tooLarge } from "./checked-stream.ts";
import type { SourceCallOptions } from "./image-source.ts";
import { quoted } from "./quoted-text.ts";

/** See the head of this file. Paths are those that {@link storePath} makes. */
export interface FileStore extends AsyncDisposable {
  /** Names the store in messages. */
  readonly name: string;
  /**
   * Size of the regular file at a path, in bytes; `undefined` where there is none.
   *
   * @throws {FormatError} `bad-field` where it stands outside the store or is no regular file,
   *   or where there are several of the name and it matters which.
   */
  sizeBytes(path: string): Promise<number | undefined>;
  /**
   * The bytes of the file at a path. A chunk is valid until the next is asked for.
   *
   * @throws {DeviceError} `device-missing` where there is none; others where reading fails.
   */
  read(path: string, options?: SourceCallOptions): AsyncIterable<Uint8Array>;
  /** Lets go of what the store holds. */
  close(): Promise<void>;
}

/**
 * A path that a document or an archive names, as the stores know it: its parts
 * joined by `/`, without `.` and empty ones.
 *
 * @returns `undefined` for one that leaves the store, is absolute, or names the store itself.
 */
export function storePath(text: string): string | undefined {
  if (text.startsWith("/") || text.includes("\0")) return undefined;
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 || parts.includes("..") ? undefined : parts.join("/");
}

/**
 * Reads a document whole.
 *
 * @returns `undefined` where there is no such file.
 * @throws {FormatError} `does-not-fit` where it is larger than `maxSizeBytes`.
 */
export async function readStoreDocument(
  store: FileStore,
  path: string,
  maxSizeBytes: number,
  options?: SourceCallOptions,
): Promise<Uint8Array | undefined> {
  const sizeBytes = await store.sizeBytes(path);
  if (sizeBytes === undefined) return undefined;
  const name = `${store.name}: ${path}`;
  if (sizeBytes > maxSizeBytes) throw tooLarge(name, maxSizeBytes);
  return collectStream(store.read(path, options), maxSizeBytes, name);
}

/** The error for a path that leads out of its store. */
export function outsideStore(store: string, path: string): FormatError {
  return new FormatError("bad-field", `${store}: ${quoted(path)} leads out of the image's own files`, {
    at: { path },
  });
}
