/**
 * PAX records: `<length> <key>=<value>\n`, one after the other, the length that
 * of the whole record in decimal digits (POSIX.1-2001 pax, "pax Extended
 * Header"). Keys are given as strings of one character per byte.
 */
import type { Header } from "./header.ts";
import { malformed } from "./malformed.ts";
import { parseDecimal } from "./number.ts";
import type { TarTime, TarXattr } from "./tar-entry.ts";
import { parsePaxTime } from "./time.ts";

/** Records by key, the last of each. */
export type PaxRecords = ReadonlyMap<string, Uint8Array>;

const space = 0x20;
const equals = 0x3d;
const comma = 0x2c;
const newline = 0x0a;

/** As few bytes as a record can have: `5 a=\n`. */
const minRecordSizeBytes = 5;

const xattrPrefix = "SCHILY.xattr.";

/** Names are C strings in their headers; their records hold no NUL either. Go: `validPAXRecord`. */
const textKeys: ReadonlySet<string> = new Set(["path", "linkpath", "uname", "gname"]);

/**
 * Parses a whole PAX header. The pairs of sparse format 0.0, whose keys come
 * again and again, are joined as format 0.1 has them. Go: `parsePAX`.
 *
 * @param bytes the header's content; the values are views of it.
 * @param offsetBytes of the content in the archive, for errors.
 * @throws {FormatError} `bad-field` for what is no record.
 */
export function parsePaxRecords(bytes: Uint8Array, offsetBytes: number): PaxRecords {
  const records = new Map<string, Uint8Array>();
  const sparseMap: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const record = parseRecord(bytes, at);
    const refuse = (why: string, field = "paxRecord"): Error =>
      malformed("bad-field", why, { offsetBytes: offsetBytes + at, field });
    if (record === undefined) throw refuse("no PAX record");
    const { key, value, end } = record;
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") {
      const expected = sparseMap.length % 2 === 0 ? "GNU.sparse.offset" : "GNU.sparse.numbytes";
      if (key !== expected || value.includes(comma)) throw refuse(`${expected} is expected here`, key);
      sparseMap.push(value);
    } else {
      records.set(key, value);
    }
    at = end;
  }
  if (sparseMap.length > 0) records.set("GNU.sparse.map", join(sparseMap));
  return records;
}

/** The record at `start`, or `undefined` where there is none. Go: `parsePAXRecord`. */
function parseRecord(
  bytes: Uint8Array,
  start: number,
): { key: string; value: Uint8Array; end: number } | undefined {
  const lengthEnd = bytes.indexOf(space, start);
  if (lengthEnd === -1) return undefined;
  const length = parseDecimal(bytes.subarray(start, lengthEnd));
  if (length === undefined || length < minRecordSizeBytes || length > bytes.length - start) return undefined;
  const end = start + Number(length);
  if (end <= lengthEnd + 1 || bytes[end - 1] !== newline) return undefined;
  const keyEnd = bytes.indexOf(equals, lengthEnd + 1);
  if (keyEnd === -1 || keyEnd >= end - 1 || keyEnd === lengthEnd + 1) return undefined;
  const key = byteString(bytes.subarray(lengthEnd + 1, keyEnd));
  const value = bytes.subarray(keyEnd + 1, end - 1);
  if (textKeys.has(key) ? value.includes(0) : key.includes("\0")) return undefined;
  return { key, value, end };
}

/** One character per byte. In parts, since a call takes only so many arguments. */
function byteString(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

function join(values: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(values.reduce((sum, { length }) => sum + length + 1, -1)).fill(comma);
  let at = 0;
  for (const value of values) {
    joined.set(value, at);
    at += value.length + 1;
  }
  return joined;
}

/**
 * Puts what the records say into the header. An empty value says nothing.
 * Go: `mergePAX`.
 *
 * @throws {FormatError} `bad-field` for a number or a time that is none.
 */
export function mergePaxRecords(header: Header, records: PaxRecords): void {
  for (const [key, value] of records) {
    if (value.length === 0) continue;
    if (key === "path") header.name = value;
    else if (key === "linkpath") header.linkName = value;
    else if (key === "uid") header.uid = number(header, key, value);
    else if (key === "gid") header.gid = number(header, key, value);
    else if (key === "size") header.size = number(header, key, value);
    else if (key === "mtime") header.modifiedAt = time(header, key, value);
    else if (key === "atime") header.accessedAt = time(header, key, value);
    else if (key === "ctime") header.changedAt = time(header, key, value);
  }
}

function number(header: Header, key: string, value: Uint8Array): bigint {
  return parseDecimal(value) ?? refuseValue(header, key);
}

function time(header: Header, key: string, value: Uint8Array): TarTime | undefined {
  const parsed = parsePaxTime(value);
  return parsed === "malformed" ? refuseValue(header, key) : parsed;
}

function refuseValue({ offsetBytes, name }: Header, key: string): never {
  throw malformed("bad-field", `the PAX record ${key} before this header has no such value`, {
    offsetBytes,
    field: key,
    name,
  });
}

/** The extended attributes among the records, empty ones too. */
export function paxXattrs(records: PaxRecords): TarXattr[] {
  const xattrs: TarXattr[] = [];
  for (const [key, value] of records) {
    if (!key.startsWith(xattrPrefix)) continue;
    const name = Uint8Array.from({ length: key.length - xattrPrefix.length }, (_, i) =>
      key.charCodeAt(xattrPrefix.length + i),
    );
    xattrs.push({ name, value });
  }
  return xattrs;
}
