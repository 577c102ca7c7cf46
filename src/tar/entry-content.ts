/**
 * What follows a header: the content that its size announces, padded to a whole
 * block. It is read as a file, as an extension header, or skipped.
 */
import { BLOCK_SIZE_BYTES } from "./header.ts";
import { malformed, type Place } from "./malformed.ts";
import type { SparseMap } from "./sparse-map.ts";
import type { TarContent } from "./tar-entry.ts";
import type { TarStream } from "./tar-stream.ts";

/** The most that a PAX header or a GNU long name may take up. Go: `maxSpecialFileSize`. */
export const MAX_EXTENSION_SIZE_BYTES: number = 1 << 20;

type StoredPiece = TarContent & { readonly kind: "data" };

/** How far a sparse file was read. */
interface SparseState {
  readonly map: SparseMap;
  /** Of the file, holes included. */
  readonly sizeBytes: number;
  /** Of the stretch of data at or after the position, in the map. */
  next: number;
  positionBytes: number;
}

/** The content of one header after the other, in a stream that stands where each begins. */
export class EntryContent {
  readonly #stream: TarStream;
  #name: Uint8Array = new Uint8Array();
  /** Bytes in the archive that were not read yet. Beyond 2^53 it is rounded; so much is never there. */
  #storedBytes = 0;
  #paddingBytes = 0;
  #sparse: SparseState | undefined;

  constructor(stream: TarStream) {
    this.#stream = stream;
  }

  /**
   * Takes the stream to stand at the beginning of a content.
   *
   * @param size not negative; as large as the archive claims.
   * @param name of the entry, for errors.
   */
  open(size: bigint, name: Uint8Array): void {
    this.#name = name;
    this.#storedBytes = Number(size);
    const over = this.#storedBytes % BLOCK_SIZE_BYTES;
    this.#paddingBytes = over === 0 ? 0 : BLOCK_SIZE_BYTES - over;
    this.#sparse = undefined;
  }

  /** From here on the content is a sparse file's: its map was checked against its size. */
  expand(map: SparseMap, sizeBytes: number): void {
    this.#sparse = { map, sizeBytes, next: 0, positionBytes: 0 };
  }

  /**
   * Skips what is left, padding included.
   *
   * @returns false where the archive ends inside the padding: an end like any other, in Go.
   * @throws {FormatError} `truncated` where it ends before.
   */
  skip(): boolean | Promise<boolean> {
    const missing = this.#stream.skip(this.#storedBytes);
    return missing instanceof Promise
      ? missing.then((left) => this.#skipPadding(left))
      : this.#skipPadding(missing);
  }

  #skipPadding(missingBytes: number): boolean | Promise<boolean> {
    if (missingBytes > 0) throw this.truncated("content");
    const padding = this.#paddingBytes;
    this.#storedBytes = 0;
    this.#paddingBytes = 0;
    this.#sparse = undefined;
    const missing = this.#stream.skip(padding);
    return missing instanceof Promise ? missing.then((left) => left === 0) : missing === 0;
  }

  /**
   * The next piece of the file, `undefined` at its end.
   *
   * @throws {FormatError} `truncated`, and for a sparse file `bad-field`.
   */
  read(): TarContent | undefined | Promise<TarContent | undefined> {
    if (this.#sparse !== undefined) return this.#readSparse(this.#sparse);
    return this.#storedBytes === 0 ? undefined : this.#readStored(this.#storedBytes);
  }

  /**
   * The whole of it, which is an extension header's, as a copy.
   * Memory grows with what comes, not with what is claimed. Go: `readSpecialFile`.
   *
   * @throws {FormatError} `does-not-fit` beyond 1 MiB; `truncated`.
   */
  async readExtension(): Promise<Uint8Array> {
    const wanted = Math.min(this.#storedBytes, MAX_EXTENSION_SIZE_BYTES + 1);
    const startBytes = this.#stream.offsetBytes;
    let copy = new Uint8Array(Math.min(wanted, 16 * BLOCK_SIZE_BYTES));
    for (let filled = 0; filled < wanted; ) {
      const piece = await this.#stream.take(wanted - filled);
      if (piece.length === 0) throw this.truncated("content");
      if (filled + piece.length > copy.length) {
        const larger = new Uint8Array(Math.min(wanted, Math.max(2 * copy.length, filled + piece.length)));
        larger.set(copy.subarray(0, filled));
        copy = larger;
      }
      copy.set(piece, filled);
      filled += piece.length;
    }
    if (wanted > MAX_EXTENSION_SIZE_BYTES) {
      const place = { offsetBytes: startBytes, field: "size", name: this.#name };
      throw malformed("does-not-fit", "an extension header of more than 1 MiB", place);
    }
    this.#storedBytes = 0;
    return copy;
  }

  /**
   * The next 512 bytes of the content, for the map in front of a sparse file's data.
   *
   * @throws {FormatError} `truncated` where content or archive end before.
   */
  async readMapBlock(): Promise<Uint8Array> {
    if (this.#storedBytes < BLOCK_SIZE_BYTES) throw this.truncated("sparseMap");
    const block = await this.#stream.takeBlock();
    if (block.length < BLOCK_SIZE_BYTES) throw this.truncated("sparseMap");
    this.#storedBytes -= BLOCK_SIZE_BYTES;
    return block;
  }

  /** The error for an archive that ends here. */
  truncated(field: string): Error {
    return malformed("truncated", "the archive ends too early", this.#place(field));
  }

  #readStored(limitBytes: number): StoredPiece | Promise<StoredPiece> {
    const taking = this.#stream.take(limitBytes);
    return taking instanceof Promise ? taking.then((bytes) => this.#stored(bytes)) : this.#stored(taking);
  }

  #stored(bytes: Uint8Array): StoredPiece {
    if (bytes.length === 0) throw this.truncated("content");
    this.#storedBytes -= bytes.length;
    return { kind: "data", bytes };
  }

  /** Go: `sparseFileReader.Read`. */
  async #readSparse(sparse: SparseState): Promise<TarContent | undefined> {
    const { map, next, sizeBytes, positionBytes } = sparse;
    if (positionBytes === sizeBytes) {
      if (this.#storedBytes === 0) return undefined;
      throw malformed("bad-field", "more data than the sparse map refers to", this.#place("sparseMap"));
    }
    const start = map[next] ?? sizeBytes;
    if (positionBytes < start) {
      sparse.positionBytes = start;
      return { kind: "hole", lengthBytes: start - positionBytes };
    }
    const end = map[next + 1] as number;
    if (this.#storedBytes === 0) {
      throw malformed("bad-field", "less data than the sparse map refers to", this.#place("sparseMap"));
    }
    const content = await this.#readStored(Math.min(end - positionBytes, this.#storedBytes));
    sparse.positionBytes += content.bytes.length;
    if (sparse.positionBytes === end) sparse.next += 2;
    return content;
  }

  #place(field: string): Place {
    return { offsetBytes: this.#stream.offsetBytes, field, name: this.#name };
  }
}
