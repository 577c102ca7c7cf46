/** Entry records made by hand, for what compares them. */
import type { EntryRecord } from "../../../src/layer/explain/entry-record.ts";
import { type TarEntry, tarType } from "../../../src/tar/tar-entry.ts";

/** What of an entry a test cares for. */
export interface EntrySketch extends Partial<Omit<TarEntry, "name" | "linkName" | "xattrs">> {
  readonly name: string;
  readonly linkName?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
  /** Stands for the content. */
  readonly digest?: number;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Records in the order of the sketches; a name alone is an empty file, with a slash at its end a directory. */
export function records(...sketches: readonly (EntrySketch | string)[]): EntryRecord[] {
  return sketches.map((each, index) => {
    const sketch: EntrySketch = typeof each === "string" ? { name: each } : each;
    const { name, linkName = "", xattrs = {}, digest, ...rest } = sketch;
    const entry: TarEntry = {
      offsetBytes: index * 512,
      type: name.endsWith("/") ? tarType.directory : tarType.file,
      mode: 0o644n,
      uid: 0n,
      gid: 0n,
      deviceMajor: 0n,
      deviceMinor: 0n,
      sizeBytes: digest === undefined ? 0 : 1,
      modifiedAt: { seconds: 1n, nanoseconds: 0 },
      accessedAt: undefined,
      changedAt: undefined,
      paxRecords: new Map(),
      sparse: false,
      ...rest,
      name: utf8(name),
      linkName: utf8(linkName),
      xattrs: Object.entries(xattrs).map(([key, value]) => ({ name: utf8(key), value: utf8(value) })),
    };
    const contentDigest = digest === undefined ? undefined : new Uint8Array(32).fill(digest);
    return { index, entry, contentDigest };
  });
}
