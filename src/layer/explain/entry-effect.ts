/**
 * What an entry makes of the node that it names: only what acts on the layer, so
 * that two entries with the same effect may differ in everything else (header
 * form, user names, records that nothing is made from).
 *
 * Source: hcsshim `ext4/tar2ext4/tar2ext4.go`; for times `ext4/internal/compactext4`.
 */
import { toHex } from "../../bytes/hex.ts";
import { latin1FromBytes } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import { type TarTime, tarType } from "../../tar/tar-entry.ts";
import { convertedName, pathKey, rawBaseName } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";
import { keptTime, timeText } from "./time-text.ts";

/** What can differ between two entries of one path. */
export type EntryFieldName =
  | "type"
  | "size"
  | "content"
  | "linkTarget"
  | "device"
  | "mode"
  | "uid"
  | "gid"
  | "modifiedAt"
  | "accessedAt"
  | "changedAt"
  | "xattr";

/** One thing that an entry says of its node. */
export interface EntryField {
  readonly name: EntryFieldName;
  /** Of an xattr its full name, else undefined. */
  readonly xattr: Uint8Array | undefined;
  /** Equal keys have equal effects. */
  readonly key: string;
  /** For people. */
  readonly text: string;
}

/** What kind of thing an entry makes. */
export type EntryKind =
  | "file"
  | "directory"
  | "symlink"
  | "hard link"
  | "character device"
  | "block device"
  | "fifo"
  | "whiteout"
  | "opaque marker";

/** A difference between two entries of one path; a side that does not say the thing is undefined. */
export interface FieldChange {
  readonly name: EntryFieldName;
  readonly xattr: Uint8Array | undefined;
  readonly a: string | undefined;
  readonly b: string | undefined;
}

const kinds: ReadonlyMap<number, EntryKind> = new Map([
  [tarType.hardLink, "hard link"],
  [tarType.symlink, "symlink"],
  [tarType.characterDevice, "character device"],
  [tarType.blockDevice, "block device"],
  [tarType.directory, "directory"],
  [tarType.fifo, "fifo"],
]);

const whiteoutPrefix = ".wh.";
const opaqueName = ".wh..wh..opq";

/** What an entry makes. Types that the tools do not know make regular files. */
export function entryKind({ entry }: EntryRecord, rules: NameRules): EntryKind {
  if (rules.convertWhiteout) {
    const base = rawBaseName(entry.name, rules);
    if (base === opaqueName) return "opaque marker";
    if (base.startsWith(whiteoutPrefix)) return "whiteout";
  }
  return kinds.get(entry.type) ?? "file";
}

/** All that an entry says of its node, the kind first. */
export function entryFields(record: EntryRecord, rules: NameRules): readonly EntryField[] {
  const { entry, contentDigest } = record;
  const kind = entryKind(record, rules);
  const fields: EntryField[] = [field("type", kind)];
  if (kind === "whiteout" || kind === "opaque marker") return fields;
  if (kind === "hard link") {
    const target = pathKey(entry.linkName, rules);
    return [...fields, field("linkTarget", target, printableText(convertedName(entry.linkName, rules)))];
  }
  if (kind === "file") {
    fields.push(field("size", String(entry.sizeBytes), `${entry.sizeBytes} bytes`));
    if (contentDigest) fields.push(field("content", toHex(contentDigest), `sha256 ${toHex(contentDigest)}`));
  }
  if (kind === "symlink") {
    const target = convertedName(entry.linkName, rules);
    fields.push(field("linkTarget", latin1FromBytes(target), printableText(target)));
  }
  if (kind === "character device" || kind === "block device") {
    fields.push(field("device", deviceKey(entry.deviceMajor, entry.deviceMinor), deviceText(record)));
  }
  const mode = Number(BigInt.asUintN(12, entry.mode)) | (kind === "symlink" ? 0o777 : 0);
  fields.push(
    field("mode", `0${mode.toString(8).padStart(4, "0")}`),
    field("uid", String(BigInt.asUintN(32, entry.uid))),
    field("gid", String(BigInt.asUintN(32, entry.gid))),
    timeField("modifiedAt", entry.modifiedAt),
    timeField("accessedAt", entry.accessedAt),
    timeField("changedAt", entry.changedAt),
  );
  for (const { name, value } of entry.xattrs) {
    fields.push({ name: "xattr", xattr: name, key: latin1FromBytes(value), text: printableText(value) });
  }
  return fields;
}

/** What differs between two entries of one path. */
export function changedFields(a: EntryRecord, b: EntryRecord, rules: NameRules): readonly FieldChange[] {
  const ofA = byName(entryFields(a, rules));
  const ofB = byName(entryFields(b, rules));
  const changes: FieldChange[] = [];
  for (const name of new Set([...ofA.keys(), ...ofB.keys()])) {
    const left = ofA.get(name);
    const right = ofB.get(name);
    if (left?.key === right?.key) continue;
    const either = left ?? right;
    if (either) changes.push({ name: either.name, xattr: either.xattr, a: left?.text, b: right?.text });
  }
  // What follows from the size or the type is said by it.
  const sizes = changes.some(({ name }) => name === "size");
  if (changes[0]?.name === "type") return changes.filter(({ a, b, name }) => name === "type" || (a && b));
  return sizes ? changes.filter(({ name }) => name !== "content") : changes;
}

function field(name: EntryFieldName, key: string, text: string = key): EntryField {
  return { name, xattr: undefined, key, text };
}

function timeField(name: EntryFieldName, time: TarTime | undefined): EntryField {
  return field(name, keptTime(time), time === undefined ? "absent" : timeText(time));
}

function byName(fields: readonly EntryField[]): Map<string, EntryField> {
  return new Map(
    fields.map((each) => [each.xattr ? `xattr ${latin1FromBytes(each.xattr)}` : each.name, each]),
  );
}

/** The number as the inode holds it: parts of larger numbers run into each other there. */
function deviceKey(major: bigint, minor: bigint): string {
  const low = BigInt.asUintN(32, minor);
  return String(BigInt.asUintN(32, (low & 0xffn) | (major << 8n) | ((low & 0xffffff00n) << 12n)));
}

function deviceText({ entry }: EntryRecord): string {
  return `${entry.deviceMajor}:${entry.deviceMinor}`;
}
