/** What comes of asking why two layers differ. */
import type { StorageError } from "../../errors.ts";
import type { BlockDifferences } from "./block-differences.ts";
import type { EntriesDifference } from "./entry-difference.ts";
import type { EntryFieldName } from "./entry-effect.ts";
import type { OptionSet } from "./option-set.ts";
import type { PathDifferences } from "./path-differences.ts";
import type { LayerWarnings } from "./warning.ts";

/** Every reason that is known. */
export type CauseCode =
  /** An entry of the archives: changed, in another place, in one of them only. */
  | "entry-changed"
  | "entry-moved"
  | "entry-missing"
  | "entry-duplicate"
  | "implied-parent"
  /** The same archive, read or written with other options. */
  | "maximum-disk-size"
  | "whiteouts"
  | "inline-data"
  | "backslash"
  /** The same file system, hashed or stamped by other tools. */
  | "tree-before-1659"
  | "implied-parents-before-2270"
  | "verity-parameters"
  | "stored-tree"
  /** A path of the file systems. */
  | "path-changed"
  | "path-missing"
  /** Only blocks differ: nothing that a reader of files would see. */
  | "blocks"
  /** What was taken for a root hash is another digest. */
  | "other-digest"
  /** An input cannot be made into a layer. */
  | "malformed"
  /** Nothing that was tried gives the root hash. */
  | "unknown";

/** One reason, as far as it is known. */
export interface Cause {
  readonly code: CauseCode;
  /** What it is, in a sentence or two. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Of the node that it is about, as `latin1FromBytes` gives it. */
  readonly path?: string;
  /** Which field, where it is one of an entry's. */
  readonly field?: EntryFieldName;
}

/** A tar, or an image, as it was found. */
export interface LayerSide {
  readonly name: string;
  readonly kind: "tar" | "image";
  /** Of the ext4 part, computed here; undefined where there is none. */
  readonly rootHash: Uint8Array | undefined;
  readonly ext4SizeBytes: number | undefined;
  /** What a tar was read with, or what an image shows that it was made with. */
  readonly options: Partial<OptionSet>;
  /** SHA-256 of the uncompressed archive: its diff-id. */
  readonly diffId: Uint8Array | undefined;
  /** How many entries the archive has. */
  readonly entryCount: number | undefined;
  /** What is wrong with an image's verity superblock, tree and footer, which no root hash covers. */
  readonly problems: readonly StorageError[];
  /** What the archive's layer keeps badly; empty for an image. */
  readonly warnings: LayerWarnings;
}

/** A tar under options that give a root hash which was looked for. */
export interface OptionMatch {
  readonly a: OptionSet;
  /** Undefined where B is an image or a bare root hash. */
  readonly b: OptionSet | undefined;
}

/** See the head of this file. */
export interface LayerExplanation {
  /** `one` where there was nothing to compare with. */
  readonly verdict: "equal" | "different" | "malformed" | "one";
  readonly a: LayerSide;
  readonly b: LayerSide | undefined;
  /** The root hash that A was compared with, where that was given instead of B. */
  readonly wanted: Uint8Array | undefined;
  /** The most telling first. Empty where the verdict is `equal` or `one`. */
  readonly causes: readonly Cause[];
  /** Options under which the root hashes are equal. */
  readonly match: OptionMatch | undefined;
  /** Of two archives. */
  readonly entries: EntriesDifference | undefined;
  /** Of two file systems where one at least is an image. */
  readonly paths: PathDifferences | undefined;
  readonly blocks: BlockDifferences | undefined;
}
