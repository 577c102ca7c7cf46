/**
 * What an entry loses on its way into a layer, judged by itself alone.
 *
 * Source: hcsshim `ext4/internal/compactext4` for what is written, Linux
 * `fs/ext4/ext4.h` (`ext4_decode_extra_time`) and `fs/ext4/acl.c` for what is read.
 */
import { bytesFromLatin1, latin1FromBytes } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import { type TarEntry, type TarTime, tarType } from "../../tar/tar-entry.ts";
import { entryKind } from "./entry-effect.ts";
import { rawBaseName } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";
import { timeText } from "./time-text.ts";
import type { WarningCode } from "./warning.ts";

/** A code and its sentence. */
export type EntryFinding = readonly [WarningCode, string];

/** PAX records that Go's reader applies, or that say nothing about the node. */
const harmlessRecords: ReadonlySet<string> = new Set([
  "path",
  "linkpath",
  "size",
  "uid",
  "gid",
  "uname",
  "gname",
  "mtime",
  "atime",
  "ctime",
  "charset",
  "hdrcharset",
  "comment",
  "SCHILY.dev",
  "SCHILY.ino",
  "SCHILY.nlink",
  "SCHILY.realsize",
  "SCHILY.filetype",
  "SCHILY.devmajor",
  "SCHILY.devminor",
  "LIBARCHIVE.creationtime",
]);
const harmlessPrefixes: readonly string[] = ["SCHILY.xattr.", "GNU.sparse."];

const knownTypes: ReadonlySet<number> = new Set([
  tarType.file,
  tarType.hardLink,
  tarType.symlink,
  tarType.characterDevice,
  tarType.blockDevice,
  tarType.directory,
  tarType.fifo,
  tarType.contiguous,
  tarType.gnuSparse,
]);

const two31 = 2n ** 31n;
const two32 = 2n ** 32n;
const lastSecond = 0x37fffffffn;
/** The first target that `readlink(2)` cannot hand to `open(2)`: PATH_MAX. */
const longTargetBytes = 4096;

/** All that can be said of one entry without the others. */
export function* entryFindings(record: EntryRecord, rules: NameRules): Generator<EntryFinding> {
  const { entry } = record;
  yield* nameFindings(entry, rules);
  const kind = entryKind(record, rules);
  if (kind === "whiteout") {
    yield* whiteoutFindings(entry, rules);
    return;
  }
  if (kind === "opaque marker") return;
  if (entry.type === tarType.globalHeader) {
    const keys = [...entry.paxRecords.keys()].map((key) => printableText(bytesFromLatin1(key))).join(", ");
    yield [
      "global-header",
      `is a global PAX header: it becomes an empty file of mode 0, and its records (${keys || "none"}) act on nothing`,
    ];
  } else if (!knownTypes.has(entry.type)) {
    yield ["unknown-type", `has the type flag ${typeText(entry.type)}: it becomes a regular file`];
  }
  if (kind === "hard link") return;
  if (kind === "symlink") yield* symlinkFindings(entry);
  yield* timeFindings(entry);
  yield* xattrFindings(entry);
  yield* numberFindings(entry);
}

function* nameFindings({ name }: TarEntry, rules: NameRules): Generator<EntryFinding> {
  if (/\\x[0-9a-f]{2}/.test(printableText(name).replaceAll("\\\\", ""))) {
    yield ["name-unprintable", "has bytes in its name that are no UTF-8 or do not show"];
  }
  if (!rules.convertBackslash && name.includes(0x5c)) {
    yield ["name-backslash", "has a backslash in its name, which stays part of it"];
  }
  if (latin1FromBytes(name).split("/").includes("..")) {
    yield [
      "name-dot-dot",
      `is written ${printableText(name)}, whose \`..\` is worked out, never leaving the root`,
    ];
  }
}

function* whiteoutFindings({ name }: TarEntry, rules: NameRules): Generator<EntryFinding> {
  const base = rawBaseName(name, rules);
  if (base.startsWith(".wh..wh.")) {
    yield [
      "odd-whiteout",
      `becomes a whiteout of ${printableText(bytesFromLatin1(base.slice(4)))}, which no layer has`,
    ];
  }
}

function* symlinkFindings({ linkName }: TarEntry): Generator<EntryFinding> {
  if (linkName.length === 0) {
    yield ["empty-symlink", "is a symlink without a target: Linux refuses to read it (EUCLEAN)"];
  } else if (linkName.length >= longTargetBytes) {
    yield ["long-symlink", `is a symlink with a target of ${linkName.length} bytes: Linux cannot follow it`];
  }
}

function* timeFindings({ modifiedAt, accessedAt, changedAt }: TarEntry): Generator<EntryFinding> {
  const times = [
    ["modified", modifiedAt],
    ["accessed", accessedAt],
    ["changed", changedAt],
  ] as const;
  for (const [verb, time] of times) {
    const finding = time && timeFinding(time);
    if (finding) yield [finding[0], `was ${verb} ${timeText(time)}: ${finding[1]}`];
  }
}

function timeFinding({ seconds, nanoseconds }: TarTime): EntryFinding | undefined {
  const shown = (at: bigint, nanos: number = nanoseconds): string =>
    timeText({ seconds: at, nanoseconds: nanos });
  if (seconds < -two31) return ["time-before-1901", `it becomes ${shown(-two31, 0)}`];
  // All upper bits are set: two for the epoch, thirty for nanoseconds, which come to more than a second.
  if (seconds < 0n)
    return ["time-before-1970", `Linux shows ${shown(seconds + 3n * two32 + 1n, 73_741_823)}`];
  if (seconds > lastSecond) return ["time-after-2446", `it becomes ${shown(lastSecond, 0)}`];
  if (((seconds >> 31n) & 1n) === 1n) return ["time-after-2038", `Linux shows ${shown(seconds - two32)}`];
  return undefined;
}

function* xattrFindings({ xattrs, paxRecords }: TarEntry): Generator<EntryFinding> {
  for (const { name } of xattrs) {
    const text = printableText(name);
    if (text.startsWith("system.posix_acl_")) {
      yield ["acl", `has ${text}, which is not kept in ext4's form: Linux answers EINVAL for it`];
    }
  }
  for (const key of paxRecords.keys()) {
    if (harmlessRecords.has(key) || harmlessPrefixes.some((prefix) => key.startsWith(prefix))) continue;
    yield ["ignored-record", `has a PAX record ${printableText(bytesFromLatin1(key))}, which is left out`];
  }
}

function* numberFindings({ uid, gid, deviceMajor, deviceMinor, type }: TarEntry): Generator<EntryFinding> {
  for (const [what, value] of [
    ["uid", uid],
    ["gid", gid],
  ] as const) {
    const kept = BigInt.asUintN(32, value);
    if (kept !== value) yield ["number-cut", `has the ${what} ${value}, which becomes ${kept}`];
  }
  if (type !== tarType.characterDevice && type !== tarType.blockDevice) return;
  if (deviceMajor >> 12n !== 0n || deviceMinor >> 20n !== 0n) {
    yield ["number-cut", `is the device ${deviceMajor}:${deviceMinor}, for which an inode has too few bits`];
  }
}

function typeText(type: number): string {
  return `"${printableText(Uint8Array.of(type))}"`;
}
