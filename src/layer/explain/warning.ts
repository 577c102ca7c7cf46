/** What a layer keeps badly, as a list of findings about one archive. */

/** Every kind of warning. */
export type WarningCode =
  | "time-before-1901"
  | "time-before-1970"
  | "time-after-2038"
  | "time-after-2446"
  | "acl"
  | "xattr-lost"
  | "xattr-order"
  | "global-header"
  | "ignored-record"
  | "empty-symlink"
  | "long-symlink"
  | "implied-parent"
  | "unknown-type"
  | "entry-twice"
  | "odd-whiteout"
  | "number-cut"
  | "name-unprintable"
  | "name-backslash"
  | "name-dot-dot";

/** One warning. */
export interface LayerWarning {
  readonly code: WarningCode;
  /** As `latin1FromBytes` gives it: the cleaned path of the node. */
  readonly path: string;
  /** Where the entry's first header stands in the uncompressed archive. */
  readonly offsetBytes: number;
  /** What is the matter, as a sentence about the node. */
  readonly message: string;
}

/** What to do about each kind. */
export const warningAdvice: Readonly<Record<WarningCode, string>> = {
  "time-before-1901": "Give the file a time from 1970 to 2037; SOURCE_DATE_EPOCH or tar --mtime does.",
  "time-before-1970": "Give the file a time from 1970 to 2037; SOURCE_DATE_EPOCH or tar --mtime does.",
  "time-after-2038": "Give the file a time from 1970 to 2037; SOURCE_DATE_EPOCH or tar --mtime does.",
  "time-after-2446": "Give the file a time from 1970 to 2037; SOURCE_DATE_EPOCH or tar --mtime does.",
  acl: "Make the archive without ACLs (tar --no-acls), or set them when the container starts.",
  "xattr-lost": "Write each path once, with all its attributes.",
  "xattr-order":
    "Use fewer or shorter attributes: up to 12 outside the inode are kept in an order that Linux finds.",
  "global-header":
    "Make the archive without it: git archive writes one unless told a tree instead of a commit.",
  "ignored-record":
    "Write attributes as SCHILY.xattr records (GNU tar --xattrs does; bsdtar: --options xattrheader=SCHILY).",
  "empty-symlink": "Leave the symlink out, or give it a target.",
  "long-symlink": "Shorten the target to less than 4096 bytes.",
  "implied-parent":
    "Add an entry for the folder before what is in it, or see that nobody computes the hash with hcsshim of before #2270 (September 2024): that gave such folders the time of the run, and every run another root hash.",
  "unknown-type": "Leave the entry out of the archive.",
  "entry-twice": "Write each path once.",
  "odd-whiteout": "Leave it out: it is a note of aufs to itself.",
  "number-cut": "Give numbers that 32 bits hold.",
  "name-unprintable": "Rename it, or quote it with care wherever it is used.",
  "name-backslash": "Rename it: one option more (convert-slash) makes a folder of it, and another root hash.",
  "name-dot-dot": "Write the name without `..`.",
};

/** Warnings of an archive, each kind up to a limit. */
export interface LayerWarnings {
  /** How many there are of each kind that there is. */
  readonly counts: ReadonlyMap<WarningCode, number>;
  /** In archive order. */
  readonly warnings: readonly LayerWarning[];
}
