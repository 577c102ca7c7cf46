/**
 * What is remembered of an archive's entry when archives are compared: the
 * entry, and the digest of its content instead of the content. Memory grows with
 * the number of entries, not with their sizes.
 */
import type { TarEntry } from "../../tar/tar-entry.ts";

/** One entry of an archive. The archive's author controls all of it. */
export interface EntryRecord {
  /** The entry's place in the archive, from 0 on. */
  readonly index: number;
  readonly entry: TarEntry;
  /** SHA-256 of the content, holes filled; undefined where there is no content. */
  readonly contentDigest: Uint8Array | undefined;
}

/** How an archive's names are understood: what of the options decides what an entry makes. */
export interface NameRules {
  /** `.wh.` names become overlayfs whiteouts and opaque directories. */
  readonly convertWhiteout: boolean;
  /** A backslash in a name or a link's name separates folders. */
  readonly convertBackslash: boolean;
}
