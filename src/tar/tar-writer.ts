/**
 * Tar entries as bytes: a ustar header, and before it a PAX header with what
 * that has no room for (POSIX.1-2001 pax, "ustar Interchange Format" and "pax
 * Extended Header"). Extended attributes are `SCHILY.xattr.*` records, as GNU
 * tar, bsdtar and Go read them.
 */
import { invariant, UsageError } from "../errors.ts";
import { BLOCK_SIZE_BYTES } from "./header.ts";
import { type TarEntry, type TarTime, tarType } from "./tar-entry.ts";

/** What one entry is written from; numbers are what a file system can hold. */
export interface WrittenEntry extends Pick<TarEntry, "name" | "linkName" | "type" | "sizeBytes" | "xattrs"> {
  /** The low 12 bits of the mode. */
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly deviceMajor: number;
  readonly deviceMinor: number;
  readonly modifiedAt: TarTime;
  /** Left out where undefined. */
  readonly accessedAt?: TarTime | undefined;
  /** Left out where undefined. */
  readonly changedAt?: TarTime | undefined;
}

/** `[offset, size]` of the fields that are written, in bytes. */
const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  modifiedAt: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
} as const;

const nameSizeBytes = 100;
/** The type flag of a PAX header for one entry: `x`. */
const paxHeaderType = 0x78;
const equals = 0x3d;
const nul = 0;
const encoder = new TextEncoder();

/** What ends an archive: two blocks of zeros. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * BLOCK_SIZE_BYTES);
}

/** The zeros that fill an entry's content up to the next block. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return new Uint8Array((BLOCK_SIZE_BYTES - (sizeBytes % BLOCK_SIZE_BYTES)) % BLOCK_SIZE_BYTES);
}

/** Whether a record can carry an attribute of this name: none whose key holds a `=` can be told from its value. */
export function isRecordable(xattrName: Uint8Array): boolean {
  return xattrName.length > 0 && !xattrName.includes(equals) && !xattrName.includes(nul);
}

/**
 * All that stands before an entry's content.
 *
 * @throws {UsageError} `invalid-argument` for a name, link name or attribute that no archive can carry.
 */
export function tarHeader(entry: WrittenEntry): Uint8Array {
  checkEntry(entry);
  const records = paxRecords(entry);
  const header = ustarHeader(entry);
  if (records.length === 0) return header;
  const pax = ustarHeader({
    ...entry,
    name: encoder.encode("PaxHeader"),
    linkName: new Uint8Array(0),
    type: paxHeaderType,
    sizeBytes: records.length,
    permissions: 0o644,
    uid: 0,
    gid: 0,
    deviceMajor: 0,
    deviceMinor: 0,
    modifiedAt: { seconds: 0n, nanoseconds: 0 },
  });
  return joined([pax, records, tarPadding(records.length), header]);
}

function checkEntry({ name, linkName, sizeBytes, xattrs }: WrittenEntry): void {
  const refuse = (what: string): never => {
    throw new UsageError("invalid-argument", `no archive can carry ${what}`);
  };
  if (name.length === 0 || name.includes(nul) || linkName.includes(nul))
    refuse("an empty name, or a NUL in one");
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) refuse(`${sizeBytes} bytes`);
  if (!xattrs.every((xattr) => isRecordable(xattr.name)))
    refuse("an attribute whose name is empty or holds a =");
}

function paxRecords(entry: WrittenEntry): Uint8Array {
  const records: Uint8Array[] = [];
  const add = (key: string, value: Uint8Array | string): void => {
    records.push(record(encoder.encode(key), typeof value === "string" ? encoder.encode(value) : value));
  };
  if (entry.name.length > nameSizeBytes) add("path", entry.name);
  if (entry.linkName.length > nameSizeBytes) add("linkpath", entry.linkName);
  for (const name of ["uid", "gid"] as const)
    if (!fits(entry[name], field[name][1])) add(name, String(entry[name]));
  if (!fits(entry.sizeBytes, field.size[1])) add("size", String(entry.sizeBytes));
  const { seconds, nanoseconds } = entry.modifiedAt;
  if (nanoseconds !== 0 || !fits(Number(seconds), field.modifiedAt[1]))
    add("mtime", timeText(entry.modifiedAt));
  if (entry.accessedAt !== undefined) add("atime", timeText(entry.accessedAt));
  if (entry.changedAt !== undefined) add("ctime", timeText(entry.changedAt));
  for (const { name, value } of entry.xattrs) {
    records.push(record(joined([encoder.encode("SCHILY.xattr."), name]), value));
  }
  return joined(records);
}

/** `length key=value\n`, where the length counts itself. */
function record(key: Uint8Array, value: Uint8Array): Uint8Array {
  const rest = key.length + value.length + 3;
  let lengthBytes = rest + String(rest).length;
  lengthBytes = rest + String(lengthBytes).length;
  return joined([encoder.encode(`${lengthBytes} `), key, Uint8Array.of(equals), value, Uint8Array.of(0x0a)]);
}

/** Decimal seconds; a time before 1970 with a fraction is written as such: -0.5 for half a second before. */
function timeText({ seconds, nanoseconds }: TarTime): string {
  invariant(nanoseconds >= 0 && nanoseconds < 1e9, `${nanoseconds} nanoseconds`);
  const total = seconds * 1_000_000_000n + BigInt(nanoseconds);
  const absolute = total < 0n ? -total : total;
  const fraction = String(absolute % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const whole = `${total < 0n ? "-" : ""}${absolute / 1_000_000_000n}`;
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** Whether a number can stand in octal in a field that ends in a NUL. */
function fits(value: number, sizeBytes: number): boolean {
  return value >= 0 && value < 8 ** (sizeBytes - 1);
}

function ustarHeader(entry: WrittenEntry): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE_BYTES);
  // What does not fit stands in the PAX header; here it is 0.
  const number = ([offset, size]: readonly [number, number], value: number): void => {
    const digits = (fits(value, size) ? value : 0).toString(8).padStart(size - 1, "0");
    block.set(encoder.encode(digits), offset);
  };
  block.set(entry.name.subarray(0, nameSizeBytes), field.name[0]);
  block.set(entry.linkName.subarray(0, nameSizeBytes), field.linkName[0]);
  number(field.mode, entry.permissions);
  number(field.uid, entry.uid);
  number(field.gid, entry.gid);
  number(field.size, entry.sizeBytes);
  number(field.modifiedAt, Number(entry.modifiedAt.seconds));
  const isDevice = entry.type === tarType.characterDevice || entry.type === tarType.blockDevice;
  number(field.deviceMajor, isDevice ? entry.deviceMajor : 0);
  number(field.deviceMinor, isDevice ? entry.deviceMinor : 0);
  block[field.type[0]] = entry.type;
  block.set(encoder.encode("ustar\u000000"), field.magic[0]);
  block.fill(0x20, field.checksum[0], field.checksum[0] + field.checksum[1]);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encoder.encode(`${sum.toString(8).padStart(6, "0")}\0 `), field.checksum[0]);
  return block;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    bytes.set(part, end);
    end += part.length;
  }
  return bytes;
}
