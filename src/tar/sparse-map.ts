/**
 * Sparse maps: which stretches of a file its archive holds. Everything else of
 * the file is zeros. Four forms are in use (GNU tar's manual, "Sparse Formats"):
 * old GNU, in the header and extension blocks behind it; PAX 0.0 and 0.1, in
 * records; PAX 1.0, before the file's own data.
 */
import { BLOCK_SIZE_BYTES, type Header } from "./header.ts";
import { malformed, type Place } from "./malformed.ts";
import { parseDecimal, parseNumeric } from "./number.ts";
import type { PaxRecords } from "./pax-records.ts";

/**
 * The most that a sparse map may take up in the archive, and with it the most
 * entries: no map is held whose size the archive has not paid for.
 * Go: `maxSpecialFileSize`.
 */
export const MAX_MAP_SIZE_BYTES: number = 1 << 20;

/** A sparse file as its archive claims it: nothing of it is checked but that numbers are numbers. */
export interface SparseFile {
  readonly name: Uint8Array;
  /** Of the whole file, holes included; an int64. */
  readonly size: bigint;
  /** Stretches of data: offset, length, offset, length, … */
  readonly claims: readonly bigint[];
}

/** Stretches of data, none empty, in order and apart: offset, end, offset, end, … in bytes. */
export type SparseMap = readonly number[];

/** Hands on the next block, or refuses. */
export type NextBlock = () => Promise<Uint8Array>;

const entrySizeBytes = 24;
const numberSizeBytes = 12;
const headerMap = { offset: 386, entries: 4 } as const;
const extensionMap = { offset: 0, entries: 21 } as const;
const realSize = [483, 495] as const;
const newline = 0x0a;
const comma = 0x2c;

const versions: ReadonlySet<string> = new Set(["0.0", "0.1", "1.0"]);

/** Beyond it twice the count is no int64 in Go. */
const maxCount = (1n << 62n) - 1n;

function mapTooLong(place: Place): Error {
  return malformed("does-not-fit", "the sparse map is longer than 1 MiB", place);
}

/**
 * Holds what an archive claims against the file's size.
 * Go: `validateSparseEntries`, then as `invertSparseEntries` sees it.
 *
 * @throws {FormatError} `bad-field` for stretches that overlap, are out of order or past the end.
 */
export function checkSparseMap({ claims, size }: SparseFile, place: Place): SparseMap {
  const map: number[] = [];
  if (size < 0n) throw malformed("bad-field", "a sparse file's size is negative", place);
  let previousEnd = 0n;
  for (let i = 0; i < claims.length; i += 2) {
    const offset = claims[i] as bigint;
    const length = claims[i + 1] as bigint;
    const end = offset + length;
    if (length < 0n || offset < previousEnd || end > size) {
      throw malformed(
        "bad-field",
        `the sparse map's entry ${i / 2} is out of order or out of the file`,
        place,
      );
    }
    if (length > 0n) map.push(Number(offset), Number(end));
    previousEnd = end;
  }
  return map;
}

/**
 * The old GNU form: four entries in the header, then blocks of 21 as long as
 * each says that another follows. Go: `readOldGNUSparseMap`.
 *
 * @param block the header's own, valid until `nextBlock` is called.
 * @param nextBlock of the archive, behind the header.
 * @throws {FormatError} `bad-field`, `does-not-fit`, and what `nextBlock` throws.
 */
export async function readOldGnuMap(
  header: Header,
  block: Uint8Array,
  nextBlock: NextBlock,
): Promise<SparseFile> {
  const place = placeOf(header);
  // STAR has a sparse type of the same letter and another layout.
  if (header.format !== "gnu") throw malformed("bad-field", "a sparse file without GNU's magic", place);
  const number = (start: number, end: number): bigint => {
    const value = parseNumeric(current, start, end);
    if (value === undefined) throw malformed("bad-field", "a number of the sparse map is none", place);
    return value;
  };
  let current = block;
  const size = number(...realSize);
  const claims: bigint[] = [];
  let { offset, entries }: { offset: number; entries: number } = headerMap;
  let mapSizeBytes = entries * entrySizeBytes + 1;
  for (;;) {
    const mapEnd = offset + entries * entrySizeBytes;
    for (let at = offset; at < mapEnd && current[at] !== 0; at += entrySizeBytes) {
      claims.push(number(at, at + numberSizeBytes), number(at + numberSizeBytes, at + entrySizeBytes));
    }
    if (current[mapEnd] === 0) return { name: header.name, size, claims };
    current = await nextBlock();
    ({ offset, entries } = extensionMap);
    mapSizeBytes += BLOCK_SIZE_BYTES;
    if (mapSizeBytes >= MAX_MAP_SIZE_BYTES) throw mapTooLong(place);
  }
}

/**
 * True where the records tell of a sparse file. A version that Go does not know is
 * none; no version at all is 0.0 or 0.1, if there is a map. Go: `readGNUSparsePAXHeaders`.
 */
export function claimsPaxMap(records: PaxRecords): boolean {
  if (records.size === 0) return false;
  const version = versionOf(records);
  return version === "." ? !isBlank(records.get("GNU.sparse.map")) : versions.has(version);
}

/**
 * A sparse file of one of the PAX forms.
 *
 * @param records for which `claimsPaxMap` holds.
 * @param nextBlock of the entry's content.
 * @throws {FormatError} `bad-field`, `does-not-fit`, and what `nextBlock` throws.
 */
export async function readPaxMap(
  header: Header,
  records: PaxRecords,
  nextBlock: NextBlock,
): Promise<SparseFile> {
  const place = placeOf(header);
  const given = (key: string): Uint8Array | undefined =>
    isBlank(records.get(key)) ? undefined : records.get(key);
  const sizeText = given("GNU.sparse.size") ?? given("GNU.sparse.realsize");
  const size = sizeText === undefined ? header.size : parseDecimal(sizeText);
  if (size === undefined) throw malformed("bad-field", "a sparse file's size is no number", place);
  const claims =
    versionOf(records) === "1.0" ? await readMapLines(nextBlock, place) : parseMapRecord(records, place);
  return { name: given("GNU.sparse.name") ?? header.name, size, claims };
}

/** `major.minor`, a dot alone where neither is given. */
function versionOf(records: PaxRecords): string {
  const [major, minor] = ["GNU.sparse.major", "GNU.sparse.minor"].map((key) => {
    const value = records.get(key) ?? new Uint8Array();
    return value.length > 1 ? "unknown" : String.fromCharCode(...value);
  });
  return `${major}.${minor}`;
}

function isBlank(value: Uint8Array | undefined): boolean {
  return value === undefined || value.length === 0;
}

function placeOf({ offsetBytes, name }: Header): Place {
  return { offsetBytes, field: "sparseMap", name };
}

/** PAX 0.1, and 0.0 as `parsePaxRecords` leaves it: a count, and numbers with commas. Go: `readGNUSparseMap0x1`. */
function parseMapRecord(records: PaxRecords, place: Place): bigint[] {
  const count = parseDecimal(records.get("GNU.sparse.numblocks") ?? new Uint8Array());
  const text = records.get("GNU.sparse.map") ?? new Uint8Array();
  const claims: bigint[] = [];
  for (let start = 0; text.length > 0 && start <= text.length; ) {
    const separator = text.indexOf(comma, start);
    const end = separator === -1 ? text.length : separator;
    const value = parseDecimal(text.subarray(start, end));
    if (value === undefined) throw malformed("bad-field", "GNU.sparse.map has what is no number", place);
    claims.push(value);
    start = end + 1;
  }
  if (count === undefined || BigInt(claims.length) !== 2n * count) {
    throw malformed("bad-field", "GNU.sparse.numblocks is not what GNU.sparse.map holds", place);
  }
  return claims;
}

/**
 * PAX 1.0: numbers in lines, the first one the count of entries, zero padded to
 * a whole block. Go: `readGNUSparseMap1x0`.
 */
async function readMapLines(nextBlock: NextBlock, place: Place): Promise<bigint[]> {
  let text = new Uint8Array(BLOCK_SIZE_BYTES);
  let sizeBytes = 0;
  let lines = 0;
  // All lines are there before any is parsed, as in Go: a map that is cut short is that before all else.
  const feed = async (wanted: bigint): Promise<void> => {
    while (lines < wanted) {
      if (sizeBytes + BLOCK_SIZE_BYTES > MAX_MAP_SIZE_BYTES) throw mapTooLong(place);
      const block = await nextBlock();
      if (sizeBytes === text.length) text = concat(text, new Uint8Array(text.length));
      text.set(block, sizeBytes);
      sizeBytes += BLOCK_SIZE_BYTES;
      for (const byte of block) if (byte === newline) lines++;
    }
  };
  let start = 0;
  const parseLine = (): bigint => {
    const end = text.indexOf(newline, start);
    const value = parseDecimal(text.subarray(start, end));
    if (value === undefined) throw malformed("bad-field", "a line of the sparse map is no number", place);
    start = end + 1;
    return value;
  };
  await feed(1n);
  const count = parseLine();
  if (count < 0n || count > maxCount) throw malformed("bad-field", `a sparse map of ${count} entries`, place);
  await feed(2n * count + 1n);
  return Array.from({ length: 2 * Number(count) }, parseLine);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
