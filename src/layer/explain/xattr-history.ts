/**
 * Extended attributes over the course of an archive: those outside the inode are
 * lost when an inode is written again, and more than twelve of them stand in an
 * order in which Linux does not find them all.
 *
 * Source: hcsshim `ext4/internal/compactext4/compact.go` (`writeXattrs`).
 */
import { latin1FromBytes } from "../../bytes/latin1.ts";
import { printableText } from "../../bytes/printable.ts";
import { splitXattrName, xattrEntryBytes, xattrValueBytes } from "../../ext4/xattr.ts";
import type { TarXattr } from "../../tar/tar-entry.ts";
import { entryKind } from "./entry-effect.ts";
import { pathKey } from "./entry-path.ts";
import type { EntryRecord, NameRules } from "./entry-record.ts";
import type { EntryFinding } from "./entry-warnings.ts";

/** Bytes for attributes in an inode, and how many in a block are surely found. */
const inodeSpaceBytes = 96;
const sortedEntries = 12;

/** What an inode holds of attributes, by full name. */
interface InodeXattrs {
  readonly inInode: readonly TarXattr[];
  readonly inBlock: readonly TarXattr[];
  /** How many paths share this object. */
  links: number;
}

/** Follows the attributes of every inode, entry by entry. */
export class XattrHistory {
  readonly #rules: NameRules;
  /** Inodes with attributes, by path. */
  readonly #inodes: Map<string, InodeXattrs> = new Map();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  /** Takes the next entry, and says what becomes of attributes through it. */
  *add(path: string, record: EntryRecord): Generator<EntryFinding> {
    const kind = entryKind(record, this.#rules);
    // A marker reads the attributes of its folder back before it writes them again.
    if (kind === "opaque marker") return;
    if (kind === "hard link") {
      this.#link(path, pathKey(record.entry.linkName, this.#rules));
      return;
    }
    const before = this.#inodes.get(path);
    // With another name the old inode stays as it is, and this entry makes a new one.
    const kept = before !== undefined && before.links === 1 ? before : undefined;
    if (before !== undefined && kept === undefined) before.links--;
    const own = kind === "whiteout" ? [] : record.entry.xattrs;
    const after = place(merged(kept?.inInode ?? [], own));
    yield* this.#findings(kept, own, after);
    if (after.inInode.length > 0 || after.inBlock.length > 0) this.#inodes.set(path, after);
    else this.#inodes.delete(path);
  }

  *#findings(
    kept: InodeXattrs | undefined,
    own: readonly TarXattr[],
    after: InodeXattrs,
  ): Generator<EntryFinding> {
    const names = new Set(own.map(({ name }) => latin1FromBytes(name)));
    const lost = (kept?.inBlock ?? []).filter(({ name }) => !names.has(latin1FromBytes(name)));
    if (lost.length > 0) {
      const list = lost.map(({ name }) => printableText(name)).join(", ");
      yield [
        "xattr-lost",
        `comes again without the attributes ${list}, which did not fit the inode and are lost`,
      ];
    }
    if (after.inBlock.length > sortedEntries) {
      yield [
        "xattr-order",
        `has ${after.inBlock.length} attributes outside its inode: more than ${sortedEntries} may stand in an order in which Linux does not find them all (ENODATA)`,
      ];
    }
  }

  #link(path: string, target: string): void {
    const inode = this.#inodes.get(target);
    if (inode === undefined || path === target) return;
    inode.links++;
    this.#inodes.set(path, inode);
  }
}

/** Attributes of an inode's two entries: the later value of a name wins. */
function merged(before: readonly TarXattr[], own: readonly TarXattr[]): TarXattr[] {
  return [...new Map([...before, ...own].map((xattr) => [latin1FromBytes(xattr.name), xattr])).values()];
}

/** Puts attributes where the writer does: by name, each into the inode while it fits there. */
function place(xattrs: readonly TarXattr[]): InodeXattrs {
  const sorted = xattrs.map((xattr) => ({ xattr, key: latin1FromBytes(xattr.name) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  const inInode: TarXattr[] = [];
  const inBlock: TarXattr[] = [];
  let left = inodeSpaceBytes;
  for (const { xattr, key } of sorted) {
    const size = xattrEntryBytes(splitXattrName(key).rest.length) + xattrValueBytes(xattr.value.length);
    (size <= left ? inInode : inBlock).push(xattr);
    if (size <= left) left -= size;
  }
  return { inInode, inBlock, links: 1 };
}
