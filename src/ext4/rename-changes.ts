/**
 * Renaming, as the kernel's `do_renameat2`, `vfs_rename`, `ext4_rename` and
 * `ext4_cross_rename` do. Runs inside a change.
 */
import type { IoOptions } from "../device/block-device.ts";
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
export async function renameNode(
  tree: LiveTree,
  from: { readonly directory: LiveInode; readonly name: Uint8Array },
  to: { readonly directory: LiveInode; readonly name: Uint8Array },
  { onto = "replace", whiteout = false, ...options }: RenameOptions,
): Promise<void> {
  for (const { name } of [from, to]) checkName(name, "rename");
  if (onto === "exchange" && whiteout) throw new FileError("EINVAL", "rename");
  const source = await taken(tree, from, options);
  if (source === undefined) throw new FileError("ENOENT", "rename");
  const free: RenameEnd = { ...to, entries: tree.entries(to.directory) };
  const target = await taken(tree, to, options);
  if (onto === "refuse" && target !== undefined) throw new FileError("EEXIST", "rename");
  if (onto === "exchange" && target === undefined) throw new FileError("ENOENT", "rename");
  await checkAncestors(tree, source, free, target, onto, options);
  if (target !== undefined && target.inode === source.inode) return;
  for (const { directory, name } of [from, to]) tree.names.forget(directory.number, name);
  if (target === undefined) await moveTo(tree, source, free, whiteout, options);
  else if (onto === "exchange") await exchange(tree, source, target, options);
  else await replace(tree, source, target, whiteout, options);
}

async function taken(
  tree: LiveTree,
  { directory, name }: { readonly directory: LiveInode; readonly name: Uint8Array },
  options: IoOptions,
): Promise<TakenEnd | undefined> {
  const entries = tree.entries(directory);
  const found = await entries.find(name, options);
  if (found === undefined) return undefined;
  return { directory, name, entries, found, inode: await tree.entryInode(found, options) };
}

/** Neither may the source lie above the new name, nor the target above the old one. */
async function checkAncestors(
  tree: LiveTree,
  source: TakenEnd,
  to: RenameEnd,
  target: TakenEnd | undefined,
  onto: RenameOptions["onto"],
  options: IoOptions,
): Promise<void> {
  if (source.directory === to.directory) return;
  if (isDirectory(source) && (await liesIn(tree, to.directory, source.inode.number, options))) {
    throw new FileError("EINVAL", "rename");
  }
  if (target === undefined || !isDirectory(target)) return;
  if (await liesIn(tree, source.directory, target.inode.number, options)) {
    throw new FileError(onto === "exchange" ? "EINVAL" : "ENOTEMPTY", "rename");
  }
}

/** True where a directory is another or lies below it, as far up as its root. */
async function liesIn(
  tree: LiveTree,
  directory: LiveInode,
  above: number,
  options: IoOptions,
): Promise<boolean> {
  const passed = new Set<number>();
  for (let each = directory; ; ) {
    if (each.number === above) return true;
    passed.add(each.number);
    const parent = await tree.entries(each).parent(options);
    if (parent === each.number) return false;
    if (passed.has(parent)) {
      throw tree.volume.malformed("bad-field", "a directory that lies in itself", { inode: parent });
    }
    each = tree.volume.inodes.peek(parent) ?? (await tree.volume.inodes.get(parent, options));
    if (each.type !== "directory") {
      throw tree.volume.malformed("bad-field", "a directory in what is none", { inode: parent });
    }
  }
}

async function moveTo(
  tree: LiveTree,
  source: TakenEnd,
  to: RenameEnd,
  whiteout: boolean,
  options: IoOptions,
): Promise<void> {
  const moves = isDirectory(source) && source.directory !== to.directory;
  if (moves) checkSubdirectories(tree, to.directory, "rename");
  const fileType = tree.fileType(source.inode);
  await to.entries.insert({ inode: source.inode.number, name: to.name, fileType }, options);
  await leave(tree, source, whiteout, options);
  if (moves) {
    await tree.entries(source.inode).setParent(to.directory.number, options);
    removeSubdirectory(source.directory);
    addSubdirectory(tree, to.directory);
  }
  finish(tree, source, to);
}

async function replace(
  tree: LiveTree,
  source: TakenEnd,
  target: TakenEnd,
  whiteout: boolean,
  options: IoOptions,
): Promise<void> {
  if (isDirectory(source) && !isDirectory(target)) throw new FileError("ENOTDIR", "rename");
  if (!isDirectory(source) && isDirectory(target)) throw new FileError("EISDIR", "rename");
  if (isDirectory(target) && !(await tree.entries(target.inode).isEmpty(options))) {
    throw new FileError("ENOTEMPTY", "rename");
  }
  await standFor(tree, target, source.inode, options);
  await leave(tree, source, whiteout, options);
  if (isDirectory(source)) {
    if (source.directory !== target.directory) {
      await tree.entries(source.inode).setParent(target.directory.number, options);
    }
    removeSubdirectory(source.directory);
  }
  finish(tree, source, target);
  await tree.dropLink(target.inode, options);
}

async function exchange(tree: LiveTree, one: TakenEnd, other: TakenEnd, options: IoOptions): Promise<void> {
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
      await tree.entries(end.inode).setParent(across.directory.number, options);
    }
  }
  await standFor(tree, one, other.inode, options);
  await standFor(tree, other, one.inode, options);
  other.inode.changedAt = tree.volume.now();
  finish(tree, one, other);
}

/** Makes a name stand for another inode. */
async function standFor(
  tree: LiveTree,
  { entries, found }: TakenEnd,
  inode: LiveInode,
  options: IoOptions,
): Promise<void> {
  await entries.replace(found, { inode: inode.number, fileType: tree.fileType(inode) }, options);
}

/** Takes the old name away, or has a whiteout there. */
async function leave(tree: LiveTree, source: TakenEnd, whiteout: boolean, options: IoOptions): Promise<void> {
  // The new name may have moved it within its block, or into another.
  const found = await source.entries.find(source.name, options);
  if (found === undefined)
    throw tree.volume.malformed("bad-field", "a directory lost a name", { inode: source.directory.number });
  if (!whiteout) {
    await source.entries.remove(found, options);
    return;
  }
  const left = await makeWhiteout(tree, source.directory, options);
  await source.entries.replace(found, { inode: left.number, fileType: tree.fileType(left) }, options);
}

function finish(tree: LiveTree, source: TakenEnd, to: RenameEnd): void {
  source.inode.changedAt = tree.volume.now();
  source.directory.touch();
  to.directory.touch();
}
