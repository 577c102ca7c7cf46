/** What a compact image keeps of a file. */

import type { Timestamp } from "../tree/attributes.ts";
import type { Xattrs } from "./compact-xattrs.ts";

/** A file to be created, or as it was. All of it may come from an archive that nobody checked. */
export interface CompactFile {
  /** 12 permission bits and the type in `FILE_TYPE_MASK`; no type is a regular file. */
  readonly mode: number;
  /** 32 bits. */
  readonly uid: number;
  /** 32 bits. */
  readonly gid: number;
  /** Of a regular file: what will be written. Of other types it means nothing. */
  readonly sizeBytes: number;
  readonly accessedAt: Timestamp | undefined;
  readonly changedAt: Timestamp | undefined;
  readonly modifiedAt: Timestamp | undefined;
  readonly createdAt: Timestamp | undefined;
  /** 32 bits, of devices. */
  readonly deviceMajor: number;
  /** 32 bits, of devices. */
  readonly deviceMinor: number;
  /** Of a symlink. */
  readonly linkName: Uint8Array;
  /** By full name, a character a byte. */
  readonly xattrs: Xattrs;
}

/** A file of no content, owner 0 and no times, with something said about it. */
export function compactFile(said: Partial<CompactFile> & { readonly mode: number }): CompactFile {
  return {
    uid: 0,
    gid: 0,
    sizeBytes: 0,
    accessedAt: undefined,
    changedAt: undefined,
    modifiedAt: undefined,
    createdAt: undefined,
    deviceMajor: 0,
    deviceMinor: 0,
    linkName: new Uint8Array(0),
    xattrs: new Map(),
    ...said,
  };
}
