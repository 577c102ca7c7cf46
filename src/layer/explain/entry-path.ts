/**
 * Which node of the layer an entry is about, and which folders it brings into
 * being on the way there.
 *
 * Source: hcsshim `ext4/tar2ext4/tar2ext4.go` and Go's `path.Clean`, which it
 * applies to `"/" + name`.
 */
import { latin1FromBytes } from "../../bytes/latin1.ts";
import { cleanPath } from "../../ext4/compact-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";

const slash = 0x2f;
const backslash = 0x5c;

/** A name with its backslashes turned, where the rules say so. */
export function convertedName(name: Uint8Array, { convertBackslash }: NameRules): Uint8Array {
  return convertBackslash && name.includes(backslash)
    ? name.map((byte) => (byte === backslash ? slash : byte))
    : name;
}

/** The key of a path inside the layer: cleaned, without a slash in front; `""` is the root. */
export function pathKey(name: Uint8Array, rules: NameRules): string {
  return cleanPath(convertedName(name, rules)).join("/");
}

/** The folder that a path is in; undefined for the root. */
export function parentKey(path: string): string | undefined {
  if (path === "") return undefined;
  const end = path.lastIndexOf("/");
  return end < 0 ? "" : path.slice(0, end);
}

/** What stands behind a name's last slash, uncleaned: whiteouts are told by it. `""` where a slash ends it. */
export function rawBaseName(name: Uint8Array, rules: NameRules): string {
  const text = latin1FromBytes(convertedName(name, rules));
  return text.slice(text.lastIndexOf("/") + 1);
}

/** A folder without an entry of its own at the time when something in it had one. */
export interface ImpliedParent {
  readonly path: string;
  /** The entry that needed it. */
  readonly needed: EntryRecord;
}

/** The folders that an archive implies, by path, in the order in which they come into being. */
export function impliedParents(
  records: readonly EntryRecord[],
  rules: NameRules,
): ReadonlyMap<string, ImpliedParent> {
  const present = new Set<string>([""]);
  const implied = new Map<string, ImpliedParent>();
  for (const record of records) {
    const path = pathKey(record.entry.name, rules);
    const missing: string[] = [];
    for (let at = parentKey(path); at !== undefined && !present.has(at); at = parentKey(at)) missing.push(at);
    for (const parent of missing.reverse()) {
      present.add(parent);
      implied.set(parent, { path: parent, needed: record });
    }
    present.add(path);
  }
  return implied;
}
