/** The tree of an image under construction: inodes, and the names in each directory. */
import { FormatError } from "../errors.ts";
import { ByteArena } from "./byte-arena.ts";
import { type CompactPath, pathText } from "./compact-path.ts";
import type { StoredXattrBlock } from "./compact-xattrs.ts";
import { MAX_NAME_BYTES } from "./directory-entry.ts";
import { FILE_TYPE_MASK, fileTypeMode, inodeNumber } from "./inode.ts";
import { InodeRecords, inodeColumn } from "./inode-records.ts";
import { NameTable } from "./name-table.ts";
import type { SortedNames } from "./sorted-names.ts";

/** Where a path leads: its directory, the last name, and the inode there if there is one. */
export interface Place {
  readonly directory: number;
  /** Empty for the root, which is its own directory. */
  readonly name: string;
  readonly inode: number | undefined;
}

/**
 * So many names at most. The source counts the bytes of the inode table in 32
 * bits, so past 2^24 inodes it writes no valid image.
 */
const maxNames = 2 ** 24 - 2 ** 15;

/** The inodes by number, and what each directory holds by name. */
export class CompactTree {
  readonly inodes: InodeRecords = new InodeRecords();
  /** Small content, short link targets, and attributes in inodes. */
  readonly arena: ByteArena = new ByteArena();
  /** Blocks of attributes by inode, for who comes again. */
  readonly xattrBlocks: Map<number, StoredXattrBlock> = new Map();
  readonly #names = new NameTable();

  /** The type bits of an inode's mode. */
  typeOf(inode: number): number {
    return this.inodes.get(inode, inodeColumn.mode) & FILE_TYPE_MASK;
  }

  isDirectory(inode: number): boolean {
    return this.typeOf(inode) === fileTypeMode.directory;
  }

  links(inode: number): number {
    return this.inodes.get(inode, inodeColumn.links);
  }

  addLinks(inode: number, change: number): void {
    this.inodes.set(inode, inodeColumn.links, this.links(inode) + change);
  }

  /** The inode behind a name, or undefined; also where `directory` is none. */
  child(directory: number, name: string): number | undefined {
    return this.#names.inode(directory, name);
  }

  /** Puts an inode behind a name. */
  setChild(directory: number, name: string, inode: number): void {
    if (this.#names.count >= maxNames && this.child(directory, name) === undefined) {
      throw new FormatError("does-not-fit", `more than ${maxNames} names do not fit into a compact image`);
    }
    this.#names.put(directory, name, inode);
  }

  /** All names by directory, in the order in which they stand on disk. No path leads anywhere afterwards. */
  sortNames(): SortedNames {
    return this.#names.sort();
  }

  /**
   * Follows a path, through directories alone.
   *
   * @throws {FormatError} `bad-name` for a name above 255 bytes, `missing-parent` where the path's
   *   directory is not there or is none.
   */
  lookup(path: CompactPath): Place {
    const name = path.at(-1);
    if (name === undefined) return { directory: inodeNumber.root, name: "", inode: inodeNumber.root };
    let directory: number | undefined = inodeNumber.root;
    for (let i = 0; i < path.length - 1 && directory !== undefined; i++) {
      directory = this.child(directory, path[i] as string);
    }
    return this.placeIn(directory, name, path);
  }

  /**
   * The place of a name in a directory.
   *
   * @param path for the error, which is as `lookup`'s.
   */
  placeIn(directory: number | undefined, name: string, path: CompactPath): Place {
    if (name.length > MAX_NAME_BYTES) {
      throw refused("bad-name", path, `invalid name: ${name.length} bytes are more than ${MAX_NAME_BYTES}`);
    }
    if (directory === undefined || !this.isDirectory(directory)) {
      throw refused("missing-parent", path, "path not found: a part before the last is no directory");
    }
    return { directory, name, inode: this.child(directory, name) };
  }

  /** @throws {FormatError} as `lookup`, and `missing-target` where nothing is there. */
  lookupExisting(path: CompactPath): number {
    const { inode } = this.lookup(path);
    if (inode === undefined) throw refused("missing-target", path, "file not found");
    return inode;
  }
}

/** An error about a path. */
export function refused(
  code: ConstructorParameters<typeof FormatError>[0],
  path: CompactPath,
  why: string,
): FormatError {
  const text = pathText(path);
  const shown = text.length > 300 ? `${text.slice(0, 300)}…` : text;
  return new FormatError(code, `${shown}: ${why}`, { at: { path: text } });
}
