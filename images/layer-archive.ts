/**
 * One layer's tar with the same bytes on every machine: entries in the order
 * they are added, every time, owner and mode said outright, nothing taken from
 * a disk or a clock. The tar itself is written by the `modern-tar` package;
 * attributes and nanoseconds go into PAX records.
 */
import { packTar, type TarEntry } from "modern-tar";

/** What an entry says beside its name and content; what is left out is the layer's default. */
export interface EntryMetadata {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970 as PAX writes them, with up to nine digits behind the point. */
  readonly modifiedAt?: string;
  /** Extended attributes by their full names; values are ASCII. */
  readonly xattrs?: ReadonlyMap<string, string>;
}

/** Gathers entries. Folders are added on the way to what stands in them, once each. */
export class LayerArchive {
  readonly #entries: TarEntry[] = [];
  readonly #folders = new Set<string>();
  readonly #modifiedAt: Date;

  /** @param modifiedAt the time of every entry that says no other. */
  constructor(modifiedAt: Date) {
    this.#modifiedAt = modifiedAt;
  }

  /** How many entries there are. */
  get length(): number {
    return this.#entries.length;
  }

  file(name: string, content: Uint8Array | string, metadata: EntryMetadata = {}): void {
    const body = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.#add("file", name, { mode: 0o644, ...metadata }, { size: body.length }, body);
  }

  /** A folder with metadata of its own; before anything that stands in it. */
  folder(name: string, metadata: EntryMetadata = {}): void {
    this.#folders.add(name);
    this.#add("directory", name, { mode: 0o755, ...metadata });
  }

  symlink(name: string, target: string): void {
    this.#add("symlink", name, { mode: 0o777 }, { linkname: target });
  }

  /** Another name of a file that was added before. */
  hardLink(name: string, existing: string, metadata: EntryMetadata = {}): void {
    this.#add("link", name, { mode: 0o644, ...metadata }, { linkname: existing });
  }

  fifo(name: string, metadata: EntryMetadata = {}): void {
    this.#add("fifo", name, { mode: 0o644, ...metadata });
  }

  /** Takes a name of a lower layer away. */
  whiteout(name: string): void {
    const slash = name.lastIndexOf("/") + 1;
    this.file(`${name.slice(0, slash)}.wh.${name.slice(slash)}`, "");
  }

  /** Takes all that lower layers have in a folder away. */
  opaque(folder: string): void {
    this.file(`${folder}/.wh..wh..opq`, "");
  }

  /** The archive's bytes. */
  pack(): Promise<Uint8Array> {
    return packTar(this.#entries);
  }

  #add(
    type: "file" | "directory" | "symlink" | "link" | "fifo",
    name: string,
    metadata: EntryMetadata,
    more: { readonly size?: number; readonly linkname?: string } = {},
    body?: Uint8Array,
  ): void {
    this.#addParents(name);
    const records: [string, string][] = [];
    if (metadata.modifiedAt !== undefined) records.push(["mtime", metadata.modifiedAt]);
    for (const [attribute, value] of metadata.xattrs ?? []) {
      records.push([`SCHILY.xattr.${attribute}`, value]);
    }
    this.#entries.push({
      header: {
        name: type === "directory" ? `${name}/` : name,
        type,
        size: 0,
        mode: metadata.mode ?? 0,
        uid: metadata.uid ?? 0,
        gid: metadata.gid ?? 0,
        mtime: this.#modifiedAt,
        ...more,
        ...(records.length > 0 ? { pax: Object.fromEntries(records) } : {}),
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  #addParents(name: string): void {
    const slash = name.lastIndexOf("/");
    if (slash < 0) return;
    const parent = name.slice(0, slash);
    if (!this.#folders.has(parent)) this.folder(parent);
  }
}
