/**
 * POSIX ACLs as they are set, handed on and bent to a mode
 * (`fs/posix_acl.c`, `fs/ext4/acl.c`).
 */
import { readU16Le, readU32Le, writeU16Le, writeU32Le } from "../bytes/codec.ts";

/** One entry of an ACL. */
export interface AclEntry {
  readonly tag: number;
  /** Three bits: read, write, execute. */
  readonly permissions: number;
  /** Of a named user or group; 0xffffffff elsewhere. */
  readonly id: number;
}

/** The tags of entries, in the order in which they stand. */
export const aclTag = {
  owner: 0x01,
  user: 0x02,
  owningGroup: 0x04,
  group: 0x08,
  mask: 0x10,
  others: 0x20,
} as const;

const headerBytes = 4;
const shownVersion = 2;
const storedVersion = 1;
const shownEntryBytes = 8;
const shortEntryBytes = 4;
const noId = 0xffff_ffff;

/**
 * The entries of an ACL in the form in which it is set.
 *
 * @param value the caller's.
 * @returns undefined where it is malformed; none where it says that there shall be no ACL.
 */
export function parseAcl(value: Uint8Array): AclEntry[] | undefined {
  if (value.length < headerBytes || readU32Le(value, 0) !== shownVersion) return undefined;
  if ((value.length - headerBytes) % shownEntryBytes !== 0) return undefined;
  const entries: AclEntry[] = [];
  for (let at = headerBytes; at < value.length; at += shownEntryBytes) {
    const tag = readU16Le(value, at);
    const id = isNamed(tag) ? readU32Le(value, at + 4) : noId;
    entries.push({ tag, permissions: readU16Le(value, at + 2), id });
  }
  return entries.length === 0 || isValid(entries) ? entries : undefined;
}

/** `posix_acl_valid`: which tags can follow which, each once but those with a name. */
function isValid(entries: readonly AclEntry[]): boolean {
  let last = 0;
  let named = false;
  for (const { tag, permissions, id } of entries) {
    if (permissions > 7 || (isNamed(tag) && id === noId)) return false;
    if (tag < last || (tag === last && !isNamed(tag))) return false;
    if (!Object.values<number>(aclTag).includes(tag)) return false;
    named ||= isNamed(tag);
    last = tag;
  }
  const has = (tag: number): boolean => entries.some((entry) => entry.tag === tag);
  return has(aclTag.owner) && has(aclTag.owningGroup) && has(aclTag.others) && (!named || has(aclTag.mask));
}

function isNamed(tag: number): boolean {
  return tag === aclTag.user || tag === aclTag.group;
}

/** An ACL in ext4's own form. */
export function storedAcl(entries: readonly AclEntry[]): Uint8Array {
  const sizeBytes = entries.reduce(
    (sum, { tag }) => sum + (isNamed(tag) ? shownEntryBytes : shortEntryBytes),
    0,
  );
  const stored = new Uint8Array(headerBytes + sizeBytes);
  writeU32Le(stored, 0, storedVersion);
  let at = headerBytes;
  for (const { tag, permissions, id } of entries) {
    writeU16Le(stored, at, tag);
    writeU16Le(stored, at + 2, permissions);
    at += shortEntryBytes;
    if (!isNamed(tag)) continue;
    writeU32Le(stored, at, id);
    at += shownEntryBytes - shortEntryBytes;
  }
  return stored;
}

/** The nine permission bits that an ACL means, and whether they say all that it says (`posix_acl_equiv_mode`). */
export function modeOfAcl(entries: readonly AclEntry[]): { permissions: number; complete: boolean } {
  const of = (tag: number): number => entries.find((entry) => entry.tag === tag)?.permissions ?? 0;
  const complete = entries.length === 3;
  const group = of(
    complete
      ? aclTag.owningGroup
      : entries.some(({ tag }) => tag === aclTag.mask)
        ? aclTag.mask
        : aclTag.owningGroup,
  );
  return { permissions: (of(aclTag.owner) << 6) | (group << 3) | of(aclTag.others), complete };
}

/** An ACL after its file's mode was changed (`posix_acl_chmod`). */
export function aclWithMode(entries: readonly AclEntry[], permissions: number): AclEntry[] {
  return withClasses(entries, (_, bits) => bits, permissions);
}

/** A directory's default ACL as that of a new file, whose mode may take from it (`posix_acl_create`). */
export function inheritedAcl(entries: readonly AclEntry[], permissions: number): AclEntry[] {
  return withClasses(entries, (own, bits) => own & bits, permissions);
}

/** Changes the three entries that go with a mode: the owner's, all others', and the mask or the group's. */
function withClasses(
  entries: readonly AclEntry[],
  change: (own: number, bits: number) => number,
  permissions: number,
): AclEntry[] {
  const groupTag = entries.some(({ tag }) => tag === aclTag.mask) ? aclTag.mask : aclTag.owningGroup;
  const shifts = new Map<number, number>([
    [aclTag.owner, 6],
    [groupTag, 3],
    [aclTag.others, 0],
  ]);
  return entries.map((entry) => {
    const shift = shifts.get(entry.tag);
    if (shift === undefined) return entry;
    return { ...entry, permissions: change(entry.permissions, (permissions >>> shift) & 7) };
  });
}
