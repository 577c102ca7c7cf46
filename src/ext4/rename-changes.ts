/**
 * Renaming, as the kernel's `do_renameat2`, `vfs_rename`, `ext4_rename` and
 * `ext4_cross_rename` do. Runs inside a change.
 */
import { FileError } from "../errors.ts";
import type { RenameOptions } from "../tree/writable-file-tree.ts";
import type { LiveInode } from "./live-inode.ts";
import { checkName, type LiveTree } from "./live-tree.ts";
import { addSubdirectory, checkSubdirectories, makeWhiteout, removeSubdirectory } from "./name-changes.ts";
import type { FoundEntry, WritableDirectory } from "./writable-directory.ts";

/** One of the two names of a rename. */
interface RenameEnd {
  readonly directory: LiveInode;
  readonly name: Uint8Array;
  readonly entries: WritableDirectory;
}

/** A name that stands for something. */
interface TakenEnd extends RenameEnd {
  readonly found: FoundEntry;
  readonly inode: LiveInode;
}

const isDirectory = ({ inode }: TakenEnd): boolean => inode.type === "directory";

/** Renames. @throws as `WritableFileTree.rename`. */
export function renameNode(
  tree: LiveTree,
  from: { readonly directory: LiveInode; readonly name: Uint8Array },
  to: { readonly directory: LiveInode; readonly name: Uint8Array },
  { onto = "replace", whiteout = false }: RenameOptions,
): void {
  for (const { name } of [from, to]) checkName(name, "rename");
  if (onto === "exchange" && whiteout) throw new FileError("EINVAL", "rename");
  const source = taken(tree, from);
  if (source === undefined) throw new FileError("ENOENT", "rename");
  const free: RenameEnd = { ...to, entries: tree.entries(to.directory) };
  const target = taken(tree, to);
  if (onto === "refuse" && target !== undefined) throw new FileError("EEXIST", "rename");
  if (onto === "exchange" && target === undefined) throw new FileError("ENOENT", "rename");
  checkAncestors(tree, source, free, target, onto);
  if (target !== undefined && target.inode === source.inode) return;
  for (const { directory, name } of [from, to]) tree.names.forget(directory.number, name);
  if (target === undefined) moveTo(tree, source, free, whiteout);
  else if (onto === "exchange") exchange(tree, source, target);
  else replace(tree, source, target, whiteout);
}

function taken(
  tree: LiveTree,
  { directory, name }: { readonly directory: LiveInode; readonly name: Uint8Array },
): TakenEnd | undefined {
  const entries = tree.entries(directory);
  const found = entries.find(name);
  if (found === undefined) return undefined;
  return { directory, name, entries, found, inode: tree.entryInode(found) };
}

/** Neither may the source lie above the new name, nor the target above the old one. */
function checkAncestors(
  tree: LiveTree,
  source: TakenEnd,
  to: RenameEnd,
  target: TakenEnd | undefined,
  onto: RenameOptions["onto"],
): void {
  if (source.directory === to.directory) return;
  if (isDirectory(source) && liesIn(tree, to.directory, source.inode.number)) {
    throw new FileError("EINVAL", "rename");
  }
  if (target === undefined || !isDirectory(target)) return;
  if (liesIn(tree, source.directory, target.inode.number)) {
    throw new FileError(onto === "exchange" ? "EINVAL" : "ENOTEMPTY", "rename");
  }
}

/** True where a directory is another or lies below it, as far up as its root. */
function liesIn(tree: LiveTree, directory: LiveInode, above: number): boolean {
  const passed = new Set<number>();
  for (let each = directory; ; ) {
    if (each.number === above) return true;
    passed.add(each.number);
    const parent = tree.entries(each).parent();
    if (parent === each.number) return false;
    if (passed.has(parent)) {
      throw tree.volume.malformed("bad-field", "a directory that lies in itself", { inode: parent });
    }
    each = tree.volume.inodes.get(parent);
    if (each.type !== "directory") {
      throw tree.volume.malformed("bad-field", "a directory in what is none", { inode: parent });
    }
  }
}

function moveTo(tree: LiveTree, source: TakenEnd, to: RenameEnd, whiteout: boolean): void {
  const moves = isDirectory(source) && source.directory !== to.directory;
  if (moves) checkSubdirectories(tree, to.directory, "rename");
  const fileType = tree.fileType(source.inode);
  to.entries.insert({ inode: source.inode.number, name: to.name, fileType });
  leave(tree, source, whiteout);
  if (moves) {
    tree.entries(source.inode).setParent(to.directory.number);
    removeSubdirectory(source.directory);
    addSubdirectory(tree, to.directory);
  }
  finish(tree, source, to);
}

function replace(tree: LiveTree, source: TakenEnd, target: TakenEnd, whiteout: boolean): void {
  if (isDirectory(source) && !isDirectory(target)) throw new FileError("ENOTDIR", "rename");
  if (!isDirectory(source) && isDirectory(target)) throw new FileError("EISDIR", "rename");
  if (isDirectory(target) && !tree.entries(target.inode).isEmpty()) {
    throw new FileError("ENOTEMPTY", "rename");
  }
  standFor(tree, target, source.inode);
  leave(tree, source, whiteout);
  if (isDirectory(source)) {
    if (source.directory !== target.directory) {
      tree.entries(source.inode).setParent(target.directory.number);
    }
    removeSubdirectory(source.directory);
  }
  finish(tree, source, target);
  tree.dropLink(target.inode);
}

function exchange(tree: LiveTree, one: TakenEnd, other: TakenEnd): void {
  if (one.directory !== other.directory) {
    for (const [end, across] of [
      [one, other],
      [other, one],
    ] as const) {
      if (!isDirectory(end)) continue;
      if (!isDirectory(across)) {
        checkSubdirectories(tree, across.directory, "rename");
        removeSubdirectory(end.directory);
        addSubdirectory(tree, across.directory);
      }
      tree.entries(end.inode).setParent(across.directory.number);
    }
  }
  standFor(tree, one, other.inode);
  standFor(tree, other, one.inode);
  other.inode.changedAt = tree.volume.now();
  finish(tree, one, other);
}

/** Makes a name stand for another inode. */
function standFor(tree: LiveTree, { entries, found }: TakenEnd, inode: LiveInode): void {
  entries.replace(found, { inode: inode.number, fileType: tree.fileType(inode) });
}

/** Takes the old name away, or has a whiteout there. */
function leave(tree: LiveTree, source: TakenEnd, whiteout: boolean): void {
  // The new name may have moved it within its block, or into another.
  const found = source.entries.find(source.name);
  if (found === undefined)
    throw tree.volume.malformed("bad-field", "a directory lost a name", { inode: source.directory.number });
  if (!whiteout) {
    source.entries.remove(found);
    return;
  }
  const left = makeWhiteout(tree, source.directory);
  source.entries.replace(found, { inode: left.number, fileType: tree.fileType(left) });
}

function finish(tree: LiveTree, source: TakenEnd, to: RenameEnd): void {
  source.inode.changedAt = tree.volume.now();
  source.directory.touch();
  to.directory.touch();
}
