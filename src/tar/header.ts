/**
 * A header: one block of 512 bytes. Which fields there are depends on the magic
 * (Go: `block.getFormat`, `Reader.readHeader`; POSIX.1-2001 pax, "ustar
 * Interchange Format"; GNU tar's manual, "Basic Tar Format").
 *
 * | offset | size | all          | ustar  | STAR   | GNU                  |
 * | ------ | ---- | ------------ | ------ | ------ | -------------------- |
 * | 0      | 100  | name         |        |        |                      |
 * | 100    | 8    | mode         |        |        |                      |
 * | 108    | 8    | uid          |        |        |                      |
 * | 116    | 8    | gid          |        |        |                      |
 * | 124    | 12   | size         |        |        |                      |
 * | 136    | 12   | mtime        |        |        |                      |
 * | 148    | 8    | checksum     |        |        |                      |
 * | 156    | 1    | type         |        |        |                      |
 * | 157    | 100  | link name    |        |        |                      |
 * | 257    | 8    |              | "ustar\0" | as ustar | "ustar  \0"    |
 * | 329    | 8    |              | devmajor | devmajor | devmajor         |
 * | 337    | 8    |              | devminor | devminor | devminor         |
 * | 345    |      |              | prefix, 155 | prefix, 131 | atime, ctime of 12 |
 * | 386    |      |              |        |        | sparse map, real size |
 * | 476    | 24   |              |        | atime, ctime |                |
 * | 508    | 4    |              |        | "tar\0" |                     |
 *
 * No magic means the form of Unix V7: neither device numbers nor a prefix.
 */
import { malformed } from "./malformed.ts";
import { parseNumeric, parseOctal } from "./number.ts";
import type { TarTime } from "./tar-entry.ts";
import { tarTime } from "./time.ts";

/** Headers stand, and contents begin, on multiples of this many bytes. */
export const BLOCK_SIZE_BYTES = 512;

/** What the magic says. */
export type TarFormat = "v7" | "ustar" | "star" | "gnu";

/** A header as it stands in the archive; what extensions say comes on top. */
export interface Header {
  readonly offsetBytes: number;
  readonly format: TarFormat;
  type: number;
  name: Uint8Array;
  linkName: Uint8Array;
  mode: bigint;
  uid: bigint;
  gid: bigint;
  /** May be negative where the type has no content. */
  size: bigint;
  deviceMajor: bigint;
  deviceMinor: bigint;
  modifiedAt: TarTime | undefined;
  accessedAt: TarTime | undefined;
  changedAt: TarTime | undefined;
}

/** Fields: start and end in the block. */
const field = {
  name: [0, 100],
  mode: [100, 108],
  uid: [108, 116],
  gid: [116, 124],
  size: [124, 136],
  modifiedAt: [136, 148],
  checksum: [148, 156],
  linkName: [157, 257],
  deviceMajor: [329, 337],
  deviceMinor: [337, 345],
  ustarPrefix: [345, 500],
  starPrefix: [345, 476],
  gnuAccessedAt: [345, 357],
  gnuChangedAt: [357, 369],
  starAccessedAt: [476, 488],
  starChangedAt: [488, 500],
} as const satisfies Readonly<Record<string, readonly [number, number]>>;

type FieldName = keyof typeof field;

const typeOffset = 156;
const magicOffset = 257;
const trailerOffset = 508;
const slash = 0x2f;

/**
 * Parses a header of 512 bytes, copying what it keeps.
 *
 * @param offsetBytes of the header in the archive, for errors.
 * @throws {FormatError} `bad-magic` where the checksum does not hold, `bad-field` for a number that is none.
 */
export function parseHeader(block: Uint8Array, offsetBytes: number): Header {
  if (!checksumHolds(block)) {
    throw malformed("bad-magic", "no header: its checksum does not hold", {
      offsetBytes: offsetBytes + field.checksum[0],
      field: "checksum",
    });
  }
  const format = formatOf(block);
  const number = (name: FieldName): bigint => {
    const value = parseNumeric(block, field[name][0], field[name][1]);
    if (value !== undefined) return value;
    throw malformed("bad-field", "a header's field is no number, or beyond 64 bits", {
      offsetBytes: offsetBytes + field[name][0],
      field: name,
      name: text(block, "name"),
    });
  };
  const isV7 = format === "v7";
  const header: Header = {
    offsetBytes,
    format,
    type: block[typeOffset] as number,
    name: text(block, "name"),
    linkName: text(block, "linkName"),
    mode: number("mode"),
    uid: number("uid"),
    gid: number("gid"),
    size: number("size"),
    deviceMajor: isV7 ? 0n : number("deviceMajor"),
    deviceMinor: isV7 ? 0n : number("deviceMinor"),
    modifiedAt: tarTime(number("modifiedAt")),
    accessedAt: undefined,
    changedAt: undefined,
  };
  if (format === "ustar") prependPrefix(header, text(block, "ustarPrefix"));
  else if (format === "gnu") readGnuTimes(header, block);
  else if (format === "star") {
    prependPrefix(header, text(block, "starPrefix"));
    header.accessedAt = tarTime(number("starAccessedAt"));
    header.changedAt = tarTime(number("starChangedAt"));
  }
  return header;
}

/** The sum of all bytes, the checksum's own taken as spaces; of signed bytes in Sun's tar. Go: `computeChecksum`. */
function checksumHolds(block: Uint8Array): boolean {
  const [start, end] = field.checksum;
  const stored = parseOctal(block, start, end);
  let sum = 0x20 * (end - start);
  for (let at = 0; at < start; at++) sum += block[at] as number;
  for (let at = end; at < BLOCK_SIZE_BYTES; at++) sum += block[at] as number;
  if (stored === sum) return true;
  for (let at = 0; at < BLOCK_SIZE_BYTES; at++) {
    if ((at < start || at >= end) && (block[at] as number) >= 0x80) sum -= 0x100;
  }
  return stored === sum;
}

/** Go: `block.getFormat`. The version counts for GNU alone. */
function formatOf(block: Uint8Array): TarFormat {
  if (!matches(block, magicOffset, "ustar")) return "v7";
  if (block[magicOffset + 5] === 0) return matches(block, trailerOffset, "tar\0") ? "star" : "ustar";
  return matches(block, magicOffset + 5, "  \0") ? "gnu" : "v7";
}

function matches(block: Uint8Array, offset: number, ascii: string): boolean {
  for (let i = 0; i < ascii.length; i++) {
    if (block[offset + i] !== ascii.charCodeAt(i)) return false;
  }
  return true;
}

/** The field up to its first NUL, as a copy. Go: `parser.parseString`. */
function text(block: Uint8Array, name: FieldName): Uint8Array {
  const [start, end] = field[name];
  let at = start;
  while (at < end && block[at] !== 0) at++;
  return block.slice(start, at);
}

function prependPrefix(header: Header, prefix: Uint8Array): void {
  if (prefix.length === 0) return;
  const name = new Uint8Array(prefix.length + 1 + header.name.length);
  name.set(prefix);
  name[prefix.length] = slash;
  name.set(header.name, prefix.length + 1);
  header.name = name;
}

/**
 * GNU's access and change times, where given. What is no number there was left
 * by a writer that took the format to have a prefix, as Go's did before 1.8: it
 * is taken for one if it is ASCII.
 */
function readGnuTimes(header: Header, block: Uint8Array): void {
  const time = (name: "gnuAccessedAt" | "gnuChangedAt"): bigint | undefined | "absent" =>
    block[field[name][0]] === 0 ? "absent" : parseNumeric(block, field[name][0], field[name][1]);
  const accessed = time("gnuAccessedAt");
  const changed = time("gnuChangedAt");
  if (accessed !== undefined && changed !== undefined) {
    if (accessed !== "absent") header.accessedAt = tarTime(accessed);
    if (changed !== "absent") header.changedAt = tarTime(changed);
    return;
  }
  const prefix = text(block, "ustarPrefix");
  if (prefix.every((byte) => byte < 0x80)) prependPrefix(header, prefix);
}
