/**
 * POSIX ACLs: ext4 keeps them shorter than the form in which Linux hands them
 * out as attributes (`fs/ext4/acl.c`, `include/uapi/linux/posix_acl_xattr.h`).
 */
import { readU16Le, readU32Le, writeU32Le } from "../bytes/codec.ts";

const headerBytes = 4;
const diskVersion = 1;
const shownVersion = 2;

/** Tags of entries that name a user or a group. */
const namedTags: readonly number[] = [0x02, 0x08];
/** Tags of entries for the owner, the owning group, the mask, and all others. */
const unnamedTags: readonly number[] = [0x01, 0x04, 0x10, 0x20];
const shortEntryBytes = 4;
const longEntryBytes = 8;
const noId = 0xffff_ffff;

/**
 * An ACL in the form that the kernel shows. What is not in ext4's own form comes
 * back as it stands: the compact writer stores ACLs of tars unchanged, in the
 * form for showing, and the kernel answers `EINVAL` for those.
 *
 * @returns undefined where it is in ext4's form, and malformed.
 */
export function shownAcl(stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < headerBytes || readU32Le(stored, 0) !== diskVersion) return stored;
  const entries: Uint8Array[] = [];
  for (let at = headerBytes; at < stored.length; ) {
    if (at + shortEntryBytes > stored.length) return undefined;
    const tag = readU16Le(stored, at);
    const named = namedTags.includes(tag);
    const sizeBytes = named ? longEntryBytes : shortEntryBytes;
    if ((!named && !unnamedTags.includes(tag)) || at + sizeBytes > stored.length) return undefined;
    const entry = new Uint8Array(longEntryBytes);
    entry.set(stored.subarray(at, at + sizeBytes));
    if (!named) writeU32Le(entry, shortEntryBytes, noId);
    entries.push(entry);
    at += sizeBytes;
  }
  const shown = new Uint8Array(headerBytes + entries.length * longEntryBytes);
  writeU32Le(shown, 0, shownVersion);
  for (const [i, entry] of entries.entries()) shown.set(entry, headerBytes + i * longEntryBytes);
  return shown;
}
