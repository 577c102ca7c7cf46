/**
 * Reads a tar as Go's `archive/tar` does (Go 1.26, `src/archive/tar/reader.go`;
 * its functions are named where their rules are). Layers are made from what
 * that reader sees, quirks and all: `docs/tar.md` lists them.
 *
 * Security: the archive is hostile. Memory is bounded by 1 MiB of extension
 * header or sparse map at a time and what parsing them takes, whatever sizes
 * are claimed; content is handed on in pieces, holes as numbers.
 *
 * Performance: content is never copied, a header only where two chunks share it.
 */
import { StateError } from "../errors.ts";
import { EntryContent } from "./entry-content.ts";
import { BLOCK_SIZE_BYTES, type Header, parseHeader } from "./header.ts";
import { malformed } from "./malformed.ts";
import { mergePaxRecords, type PaxRecords, parsePaxRecords, paxXattrs } from "./pax-records.ts";
import { checkSparseMap, claimsPaxMap, readOldGnuMap, readPaxMap, type SparseFile } from "./sparse-map.ts";
import { type TarContent, type TarEntry, tarType } from "./tar-entry.ts";
import { type TarSource, TarStream } from "./tar-stream.ts";

const type = { ...tarType, paxHeader: 0x78, gnuLongName: 0x4c, gnuLongLink: 0x4b } as const;

const slash = 0x2f;
const noName: Readonly<Uint8Array> = new Uint8Array();

/**
 * Reads entries and their contents in turn. One call at a time: a second one
 * while the first is pending is refused.
 *
 * An error stays: whatever is called after it fails in the same way. Errors of
 * the source itself pass through unchanged.
 */
export class TarReader {
  readonly #stream: TarStream;
  readonly #content: EntryContent;
  readonly #noRecords: PaxRecords = new Map();
  #ended = false;
  #busy = false;
  #failure: { readonly error: unknown } | undefined;

  /** @param source the archive, uncompressed, in chunks of any size; read only as far as is asked for. */
  constructor(source: TarSource) {
    this.#stream = new TarStream(source);
    this.#content = new EntryContent(this.#stream);
  }

  /** How much of the archive was consumed so far, in bytes. */
  get offsetBytes(): number {
    return this.#stream.offsetBytes;
  }

  /**
   * The next entry, or `undefined` at the archive's end; what was not read of the
   * one before is skipped. The archive ends with two blocks of zeros, which are
   * the last that is read of the source, or where the source ends.
   *
   * @throws {FormatError} `bad-magic` and `bad-field` for what is malformed, `does-not-fit` for
   *   an extension header or a sparse map over 1 MiB and a size of 2^53 or more, `truncated`.
   * @throws {StateError} `busy` while another call is pending; `closed` after `close`.
   */
  next(): Promise<TarEntry | undefined> {
    return this.#run(() => this.#next());
  }

  /**
   * The next piece of the current entry's content, or `undefined` at its end.
   * Pieces are of any size and in order.
   *
   * @throws {FormatError} `truncated`; `bad-field` where a sparse file's map and its data do not agree.
   * @throws {StateError} as `next`.
   */
  read(): Promise<TarContent | undefined> {
    return this.#run(() => this.#content.read());
  }

  /**
   * Reads the source to its end, past the archive's: checks that a decompressor
   * makes there are made, and a digest over all of the source sees all of it.
   *
   * @returns how many bytes that was.
   * @throws {StateError} as `next`.
   */
  drain(): Promise<number> {
    return this.#run(async () => {
      const startBytes = this.#stream.offsetBytes;
      this.#ended = true;
      this.#content.open(0n, noName);
      await this.#stream.skip(Number.POSITIVE_INFINITY);
      return this.#stream.offsetBytes - startBytes;
    });
  }

  /** Lets the source go, read to its end or not. Closing twice is no error. */
  async close(): Promise<void> {
    this.#failure ??= { error: new StateError("closed", "the tar reader is closed") };
    await this.#stream.close();
  }

  async #run<Result>(call: () => Result | Promise<Result>): Promise<Result> {
    if (this.#failure) throw this.#failure.error;
    if (this.#busy) throw new StateError("busy", "the tar reader is at work: await one call before the next");
    this.#busy = true;
    try {
      const result = call();
      return result instanceof Promise ? await result : result;
    } catch (error) {
      this.#failure ??= { error };
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #next(): Promise<TarEntry | undefined> {
    if (this.#ended) return undefined;
    const entry = await this.#readEntry();
    this.#ended = entry === undefined;
    return entry;
  }

  /** Go: `Reader.next`. */
  async #readEntry(): Promise<TarEntry | undefined> {
    let records = this.#noRecords;
    let longName = noName;
    let longLink = noName;
    let firstOffsetBytes: number | undefined;
    for (;;) {
      const skipping = this.#content.skip();
      if (!(skipping instanceof Promise ? await skipping : skipping)) return undefined;
      const offsetBytes = this.#stream.offsetBytes;
      const taking = this.#headerBlock();
      const block = taking instanceof Promise ? await taking : taking;
      // Extension headers with nothing behind them are an end like any other.
      if (block === undefined) return undefined;
      firstOffsetBytes ??= offsetBytes;
      const header = parseHeader(block, offsetBytes);
      this.#openContent(header);
      if (header.type === type.paxHeader || header.type === type.globalHeader) {
        const startBytes = this.#stream.offsetBytes;
        records = parsePaxRecords(await this.#content.readExtension(), startBytes);
        if (header.type === type.globalHeader) return globalEntry(header, firstOffsetBytes, records);
      } else if (header.type === type.gnuLongName) {
        longName = cString(await this.#content.readExtension());
      } else if (header.type === type.gnuLongLink) {
        longLink = cString(await this.#content.readExtension());
      } else {
        mergePaxRecords(header, records);
        if (longName.length > 0) header.name = longName;
        if (longLink.length > 0) header.linkName = longLink;
        if (header.type === 0) header.type = header.name.at(-1) === slash ? type.directory : type.file;
        this.#openContent(header);
        const sparse = isSparse(header, records);
        if (sparse) await this.#openSparse(header, block, records);
        return toEntry(header, firstOffsetBytes, records, sparse);
      }
    }
  }

  /** The next header's block, or `undefined` at the archive's end. Go: `Reader.readHeader`. */
  #headerBlock(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const taking = this.#blockOrEnd();
    if (taking instanceof Promise) return taking.then((block) => this.#headerOrEnd(block));
    return this.#headerOrEnd(taking);
  }

  #headerOrEnd(block: Uint8Array | undefined): Uint8Array | undefined | Promise<undefined> {
    return block === undefined || !isZeroBlock(block) ? block : this.#end();
  }

  /** Behind a block of zeros, which another one follows at the archive's end. */
  async #end(): Promise<undefined> {
    const offsetBytes = this.#stream.offsetBytes;
    const second = await this.#blockOrEnd();
    if (second === undefined || isZeroBlock(second)) return undefined;
    throw malformed("bad-field", "one block of zeros and then something else: an archive ends with two", {
      offsetBytes,
      field: "endOfArchive",
    });
  }

  #blockOrEnd(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const taking = this.#stream.takeBlock();
    return taking instanceof Promise
      ? taking.then((block) => this.#wholeBlock(block))
      : this.#wholeBlock(taking);
  }

  #wholeBlock(block: Uint8Array): Uint8Array | undefined {
    if (block.length === 0) return undefined;
    if (block.length < BLOCK_SIZE_BYTES) throw this.#content.truncated("header");
    return block;
  }

  /** Go: `handleRegularFile`. */
  #openContent(header: Header): void {
    const size = hasContent(header) ? header.size : 0n;
    if (size < 0n) {
      const { offsetBytes, name } = header;
      throw malformed("bad-field", `a size of ${size} bytes`, { offsetBytes, field: "size", name });
    }
    this.#content.open(size, header.name);
  }

  /** Puts a sparse file's name and size into its header. Go: `handleSparseFile`. */
  async #openSparse(header: Header, block: Uint8Array, records: PaxRecords): Promise<void> {
    let file: SparseFile;
    if (header.type === type.gnuSparse) {
      file = await readOldGnuMap(header, block, async () => {
        return (await this.#blockOrEnd()) ?? Promise.reject(this.#content.truncated("sparseMap"));
      });
    } else {
      file = await readPaxMap(header, records, () => this.#content.readMapBlock());
    }
    const { offsetBytes, name } = header;
    if (!hasContent(header)) {
      const place = { offsetBytes, field: "sparseMap", name };
      throw malformed("bad-field", "a sparse map for what is no regular file", place);
    }
    header.name = file.name;
    header.size = file.size;
    const map = checkSparseMap(file, { offsetBytes, field: "sparseMap", name });
    this.#content.expand(map, sizeBytesOf(header));
  }
}

function isSparse(header: Header, records: PaxRecords): boolean {
  return header.type === type.gnuSparse || claimsPaxMap(records);
}

/** The types 1 to 6 have none, whatever size they claim. Go: `isHeaderOnlyType`. */
function hasContent(header: Header): boolean {
  return header.type < type.hardLink || header.type > type.fifo;
}

function sizeBytesOf(header: Header): number {
  if (!hasContent(header)) return 0;
  if (header.size <= Number.MAX_SAFE_INTEGER) return Number(header.size);
  const { offsetBytes, name } = header;
  throw malformed("does-not-fit", `a size of ${header.size} bytes`, { offsetBytes, field: "size", name });
}

function toEntry(header: Header, offsetBytes: number, records: PaxRecords, sparse: boolean): TarEntry {
  return {
    offsetBytes,
    name: header.name,
    linkName: header.linkName,
    type: header.type,
    mode: header.mode,
    uid: header.uid,
    gid: header.gid,
    deviceMajor: header.deviceMajor,
    deviceMinor: header.deviceMinor,
    sizeBytes: sizeBytesOf(header),
    modifiedAt: header.modifiedAt,
    accessedAt: header.accessedAt,
    changedAt: header.changedAt,
    xattrs: paxXattrs(records),
    paxRecords: records,
    sparse,
  };
}

/**
 * Of a global header Go hands on the name, which its own records may set, and
 * the records, unless one of them is malformed: then it drops them without a word.
 */
function globalEntry(header: Header, offsetBytes: number, records: PaxRecords): TarEntry {
  const path = records.get("path");
  let kept = records;
  try {
    mergePaxRecords(header, records);
  } catch {
    kept = new Map();
  }
  return {
    offsetBytes,
    name: path !== undefined && path.length > 0 ? path : header.name,
    linkName: noName,
    type: header.type,
    mode: 0n,
    uid: 0n,
    gid: 0n,
    deviceMajor: 0n,
    deviceMinor: 0n,
    sizeBytes: 0,
    modifiedAt: undefined,
    accessedAt: undefined,
    changedAt: undefined,
    xattrs: paxXattrs(kept),
    paxRecords: kept,
    sparse: false,
  };
}

/** Up to the first NUL. Go: `parser.parseString`. */
function cString(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < block.length; at++) if (block[at] !== 0) return false;
  return true;
}
