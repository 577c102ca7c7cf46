/**
 * A tar as a store of files, on any device: its entries are indexed once, and
 * then read where they stand. Nothing is unpacked.
 */
import type { BlockDevice } from "../device/block-device.ts";
import { DeviceError, FormatError } from "../errors.ts";
import { type TarEntry, tarType } from "../tar/tar-entry.ts";
import { TarReader } from "../tar/tar-reader.ts";
import { type FileStore, outsideStore, storePath } from "./file-store.ts";
import type { SourceCallOptions } from "./image-source.ts";

const indexChunkSizeBytes = 64 * 1024;
const readChunkSizeBytes = 1024 * 1024;
/** Images have some hundreds of entries; each costs memory. */
const maxEntries = 100_000;
/** As Linux bounds a path. What is longer cannot be named in a document that is read. */
const maxPathSizeBytes = 4096;
/** Links may lead to links. */
const maxLinks = 16;

type StoredEntry =
  | { readonly kind: "file"; readonly offsetBytes: number; readonly sizeBytes: number }
  /** `target` is a path of this store; `undefined` leads out of it. */
  | { readonly kind: "link"; readonly target: string | undefined }
  | { readonly kind: "unreadable"; readonly problem: string };

/** See the head of this file. It owns its device. */
export class ArchiveStore implements FileStore {
  readonly name: string;
  readonly #device: BlockDevice;
  readonly #entries: ReadonlyMap<string, StoredEntry>;

  private constructor(device: BlockDevice, entries: ReadonlyMap<string, StoredEntry>) {
    this.name = device.name;
    this.#device = device;
    this.#entries = entries;
  }

  /**
   * Reads the archive's headers; contents are passed over.
   *
   * @throws {FormatError} for what is no tar, one that is compressed as a whole, and one of more
   *   than 100,000 entries.
   * @throws {DeviceError} where the device cannot be read.
   */
  static async open(device: BlockDevice, { signal }: SourceCallOptions = {}): Promise<ArchiveStore> {
    await refuseCompressed(device);
    const source = new HeaderSource(device, signal);
    const reader = new TarReader(source);
    const entries = new Map<string, StoredEntry>();
    let count = 0;
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      count++;
      if (count > maxEntries) {
        throw new FormatError(
          "does-not-fit",
          `${device.name} has more than ${maxEntries} entries: no image has`,
        );
      }
      const offsetBytes = reader.offsetBytes;
      // A sparse file's stored size is not its size: it is passed over by the reader itself.
      if (!entry.sparse) source.skipTo(offsetBytes + entry.sizeBytes);
      const path = pathOf(entry.name);
      if (path === undefined) continue;
      const stored = storedEntry(entry, path, offsetBytes);
      if (stored === undefined) continue;
      // Of two of a name the later counts, as if they were unpacked. A document at the top must be one:
      // readers differ, and it is not named by a digest.
      const ambiguous = entries.has(path) && !path.includes("/");
      entries.set(path, ambiguous ? { kind: "unreadable", problem: "is there more than once" } : stored);
    }
    return new ArchiveStore(device, entries);
  }

  async sizeBytes(path: string): Promise<number | undefined> {
    return this.#find(path)?.sizeBytes;
  }

  async *read(path: string, options: SourceCallOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const file = this.#find(path);
    if (file === undefined) {
      throw new DeviceError("device-missing", `${this.name}: ${path} is missing`, { at: { path } });
    }
    const buffer = new Uint8Array(Math.min(readChunkSizeBytes, file.sizeBytes));
    for (let done = 0; done < file.sizeBytes; done += buffer.length) {
      const chunk = buffer.subarray(0, Math.min(buffer.length, file.sizeBytes - done));
      await this.#device.read(file.offsetBytes + done, chunk, options);
      yield chunk;
    }
  }

  close(): Promise<void> {
    return this.#device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(path: string): Extract<StoredEntry, { kind: "file" }> | undefined {
    let at = path;
    for (let links = 0; links <= maxLinks; links++) {
      const entry = this.#entries.get(at);
      if (entry === undefined || entry.kind === "file") return entry;
      if (entry.kind === "unreadable") {
        throw new FormatError("bad-field", `${this.name}: ${at} ${entry.problem}`, { at: { path: at } });
      }
      if (entry.target === undefined) throw outsideStore(this.name, at);
      at = entry.target;
    }
    throw new FormatError("bad-field", `${this.name}: ${path} is a link that leads nowhere`, {
      at: { path },
    });
  }
}

/** The device in chunks; what a reader of headers does not look at comes as zeros that were never read. */
class HeaderSource implements AsyncIterable<Uint8Array> {
  readonly #device: BlockDevice;
  readonly #signal: AbortSignal | undefined;
  readonly #zeros = new Uint8Array(readChunkSizeBytes);
  #skipToBytes = 0;

  constructor(device: BlockDevice, signal: AbortSignal | undefined) {
    this.#device = device;
    this.#signal = signal;
  }

  /** Up to this offset nothing will be looked at. */
  skipTo(offsetBytes: number): void {
    this.#skipToBytes = Math.min(offsetBytes, this.#device.sizeBytes);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(indexChunkSizeBytes);
    const { sizeBytes } = this.#device;
    for (let at = 0; at < sizeBytes; ) {
      this.#signal?.throwIfAborted();
      const skipBytes = Math.min(this.#skipToBytes - at, this.#zeros.length);
      const chunk =
        skipBytes > 0
          ? this.#zeros.subarray(0, skipBytes)
          : buffer.subarray(0, Math.min(buffer.length, sizeBytes - at));
      if (skipBytes <= 0) await this.#device.read(at, chunk, this.#signal && { signal: this.#signal });
      at += chunk.length;
      yield chunk;
    }
  }
}

function storedEntry(entry: TarEntry, path: string, offsetBytes: number): StoredEntry | undefined {
  switch (entry.type) {
    case tarType.file:
    case tarType.contiguous:
      if (entry.sparse) return { kind: "unreadable", problem: "is a sparse file" };
      return { kind: "file", offsetBytes, sizeBytes: entry.sizeBytes };
    case tarType.gnuSparse:
      return { kind: "unreadable", problem: "is a sparse file" };
    case tarType.hardLink:
      return { kind: "link", target: pathOf(entry.linkName) };
    case tarType.symlink:
      return { kind: "link", target: linkTarget(path, entry.linkName) };
    default:
      return undefined;
  }
}

/** An archive's name as a path of this store; `undefined` where no document could name it. */
function pathOf(name: Uint8Array): string | undefined {
  const text = decode(name);
  return text === undefined ? undefined : storePath(text);
}

/** Where a symlink leads, from the folder it stands in. */
function linkTarget(path: string, target: Uint8Array): string | undefined {
  const text = decode(target);
  if (text === undefined || text.startsWith("/")) return undefined;
  const parts = path.split("/").slice(0, -1);
  for (const part of text.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return storePath(parts.join("/"));
}

function decode(bytes: Uint8Array): string | undefined {
  if (bytes.length > maxPathSizeBytes) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function refuseCompressed(device: BlockDevice): Promise<void> {
  const head = new Uint8Array(Math.min(4, device.sizeBytes));
  await device.read(0, head);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  if (!isGzip && !isZstd) return;
  throw new FormatError(
    "bad-magic",
    `${device.name} is compressed as a whole, and an image's files are read from all over it: decompress it first (${isGzip ? "gunzip" : "unzstd"})`,
  );
}
