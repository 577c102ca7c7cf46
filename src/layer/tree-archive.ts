/**
 * A tree of files as a tar: PAX where that is needed, with times to the
 * nanosecond and extended attributes. Whiteouts stay what overlayfs makes of
 * them, character devices 0:0. Times of access and change are left out where
 * they are 0: there the layer's own tar had none.
 */

import { printableText } from "../bytes/printable.ts";
import { invariant } from "../errors.ts";
import { tarType } from "../tar/tar-entry.ts";
import { isRecordable, tarEnd, tarHeader, tarPadding, type WrittenEntry } from "../tar/tar-writer.ts";
import type { NodeType } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import {
  type CopiedName,
  carried,
  copiedNames,
  copiedXattrs,
  isUnset,
  type LeftOut,
  type LeftOutKind,
} from "./tree-node-walk.ts";

/** What to write and whom to tell. */
export interface ArchiveTreeOptions extends TreeOptions {
  /** The directory (or other node) to begin with; the root unless set. */
  readonly start?: TreeNode;
  /** The name of a start that is no directory. */
  readonly startName?: Uint8Array;
  /** Told of what a tar cannot hold. */
  readonly onLeftOut?: (leftOut: LeftOut) => void;
  /** Told after each name. */
  readonly onName?: (path: Uint8Array) => void;
}

const pieceBytes = 2 ** 20;
const slash = Uint8Array.of(0x2f);

const types: ReadonlyMap<NodeType, number> = new Map([
  ["file", tarType.file],
  ["directory", tarType.directory],
  ["symlink", tarType.symlink],
  ["characterDevice", tarType.characterDevice],
  ["blockDevice", tarType.blockDevice],
  ["fifo", tarType.fifo],
]);

/**
 * The archive, in pieces that are good until the next is asked for.
 *
 * @throws what the tree throws: an archive that ends early has no end mark.
 */
export async function* archiveTree(
  tree: FileTree,
  options: ArchiveTreeOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { start = tree.root, onLeftOut, onName, signal } = options;
  const how = signal === undefined ? {} : { signal };
  for await (const item of copiedNames(tree, start, how)) {
    const leftOut = (kind: LeftOutKind, what: string): void => onLeftOut?.({ path: item.path, kind, what });
    const entry = await archiveEntry(tree, item, options, leftOut);
    if (entry === undefined) continue;
    yield tarHeader(entry);
    if (entry.sizeBytes > 0) yield* content(tree, item, entry.sizeBytes, how);
    onName?.(item.path);
  }
  yield tarEnd();
}

async function archiveEntry(
  tree: FileTree,
  { path, node, attributes, linkTo }: CopiedName,
  { startName, signal }: ArchiveTreeOptions,
  leftOut: (kind: LeftOutKind, what: string) => void,
): Promise<WrittenEntry | undefined> {
  const how = signal === undefined ? {} : { signal };
  const { type, permissions, uid, gid, deviceMajor, deviceMinor } = attributes;
  const tarFlag = linkTo === undefined ? types.get(type) : tarType.hardLink;
  if (tarFlag === undefined) {
    leftOut("node", `a ${type}, which no archive can hold`);
    return undefined;
  }
  const recordable = (name: Uint8Array): boolean => {
    if (!isRecordable(name))
      leftOut("xattr", `the attribute ${printableText(name)}, whose name no archive can hold`);
    return isRecordable(name);
  };
  const xattrs = await copiedXattrs(
    tree,
    node,
    (what, name) => leftOut("xattr", `${what}: ${printableText(name)}`),
    how,
  );
  const { modifiedAt, accessedAt, changedAt } = attributes;
  return {
    name: type === "directory" ? directoryName(path) : path.length > 0 ? path : (startName ?? path),
    linkName: linkTo ?? (type === "symlink" ? await tree.readlink(node, how) : new Uint8Array(0)),
    type: tarFlag,
    permissions,
    uid,
    gid,
    deviceMajor,
    deviceMinor,
    sizeBytes: tarFlag === tarType.file ? attributes.sizeBytes : 0,
    modifiedAt: carried(modifiedAt),
    accessedAt: isUnset(accessedAt) ? undefined : carried(accessedAt),
    changedAt: isUnset(changedAt) ? undefined : carried(changedAt),
    // A second name of an inode shares them with the first.
    xattrs: linkTo === undefined ? xattrs.filter(({ name }) => recordable(name)) : [],
  };
}

function directoryName(path: Uint8Array): Uint8Array {
  return path.length === 0 ? Uint8Array.of(0x2e, 0x2f) : Uint8Array.from([...path, ...slash]);
}

async function* content(
  tree: FileTree,
  { node }: CopiedName,
  sizeBytes: number,
  options: TreeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  await using file = await tree.open(node, options);
  const piece = new Uint8Array(Math.min(sizeBytes, pieceBytes));
  for (let done = 0; done < sizeBytes; ) {
    const read = await file.read(done, piece.subarray(0, Math.min(piece.length, sizeBytes - done)), options);
    invariant(read > 0, "a file is as long as its attributes say");
    yield piece.subarray(0, read);
    done += read;
  }
  yield tarPadding(sizeBytes);
}
