/**
 * What a tar holds, as Go's `archive/tar` (Go 1.26) hands it out: one entry per
 * file, with PAX and GNU extensions already applied to it.
 *
 * Names, link names, records and attributes are bytes, as in the archive: they
 * need not be UTF-8. Numbers are Go's int64, so they are bigints: a uid of
 * 2^60 or of -1 comes out as such, and whoever stores 32 bits of it cuts it
 * itself, e.g. by `Number(BigInt.asUintN(32, entry.uid))`.
 */

/** Type flags, as character codes. An entry may carry any other byte too. */
export const tarType = {
  file: 0x30,
  hardLink: 0x31,
  symlink: 0x32,
  characterDevice: 0x33,
  blockDevice: 0x34,
  directory: 0x35,
  fifo: 0x36,
  /** "Contiguous": a regular file in effect. */
  contiguous: 0x37,
  /** Old GNU sparse file; its content comes expanded. */
  gnuSparse: 0x53,
  /** A PAX header that other readers apply to all that follows; here an entry of its own. */
  globalHeader: 0x67,
} as const;

/** A time as Go keeps it: an int64 of seconds since 1970, rounded down, and 0 to 999,999,999 on top. */
export interface TarTime {
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/** An extended attribute: a PAX record `SCHILY.xattr.<name>`, its name without that prefix. */
export interface TarXattr {
  readonly name: Uint8Array;
  /** May be empty: the record is there, though Go's own deprecated `Xattrs` leaves such a one out. */
  readonly value: Uint8Array;
}

/**
 * One entry. All of it is the archive's word: nothing of it has been checked
 * beyond its syntax. It shares no memory with the source.
 */
export interface TarEntry {
  /** Where the entry's first header stands in the archive, its extension headers included. */
  readonly offsetBytes: number;
  /** As in the archive: uncleaned, perhaps empty, absolute, or with `..`. */
  readonly name: Uint8Array;
  /** Of hard links and symlinks; the bytes of the field for other types. */
  readonly linkName: Uint8Array;
  /** The type flag. A NUL has become `directory` where the name ends in a slash, else `file`. */
  readonly type: number;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  /** 0 in an archive of the oldest form (no magic). */
  readonly deviceMajor: bigint;
  readonly deviceMinor: bigint;
  /**
   * What `TarReader.read` gives in all, holes included: a safe integer. 0 for the
   * types 1 to 6, whatever the header claims, and for global headers.
   */
  readonly sizeBytes: number;
  /**
   * `undefined` where Go has the zero time: in global headers, and for the one
   * instant that Go takes for it (-62135596800 s, the year 1).
   */
  readonly modifiedAt: TarTime | undefined;
  /** `undefined` where the archive gives none; from PAX, GNU or STAR headers. */
  readonly accessedAt: TarTime | undefined;
  /** As `accessedAt`. */
  readonly changedAt: TarTime | undefined;
  /** Those of `paxRecords`, in the order of their first records. No name comes twice. */
  readonly xattrs: readonly TarXattr[];
  /**
   * The local PAX records (of a global header: its own), the last of each key.
   * A key is a string of one character per byte (U+0000 to U+00FF). The pairs
   * `GNU.sparse.offset`, `GNU.sparse.numbytes` stand joined as `GNU.sparse.map`.
   */
  readonly paxRecords: ReadonlyMap<string, Uint8Array>;
  /** True for a sparse file of any form, even one without a hole. */
  readonly sparse: boolean;
}

/** The next piece of an entry's content. */
export type TarContent =
  | {
      readonly kind: "data";
      /** At least one byte; a view of the source's own chunk, valid until the next call. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "hole";
      /** So many zeros that a sparse archive leaves out: at least 1, and however large the archive claims. */
      readonly lengthBytes: number;
    };
