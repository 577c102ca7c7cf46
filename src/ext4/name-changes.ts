/**
 * Names made and taken away, as the kernel's `fs/ext4/namei.c` does: each of these
 * runs inside a change, and throws before or after it changed something alike.
 */
import { FileError } from "../errors.ts";
import { modeOf } from "../tree/attributes.ts";
import type { NewNode } from "../tree/writable-file-tree.ts";
import { inheritAcls } from "./acl-changes.ts";
import { isIndexed } from "./directory-checksum.ts";
import { FileData } from "./file-data.ts";
import { encodeDeviceNumber, inodeFields, MAX_LINKS } from "./inode.ts";
import type { LiveInode } from "./live-inode.ts";
import { checkName, type LiveTree } from "./live-tree.ts";
import { fieldBytes, writeField } from "./structure.ts";
import { roCompatFeature } from "./superblock.ts";

const setGroupId = 0o2000;
/** A target that is longer, with the NUL behind it, stands in a block. */
const shortTargetBytes = 60;
const targetLimitBytes = 4096;
const longestDeviceMajor = 0xfff;
const longestDeviceMinor = 0xf_ffff;

/** Makes a node of any type under a name. */
export function createNode(tree: LiveTree, parent: LiveInode, name: Uint8Array, what: NewNode): LiveInode {
  const syscall = syscallOf(what);
  checkName(name, syscall);
  checkNewNode(what, tree.volume.geometry.blockSizeBytes);
  const entries = tree.entries(parent);
  if (!tree.isAbsent(parent, name) && entries.find(name) !== undefined) {
    throw new FileError("EEXIST", syscall);
  }
  if (what.type === "directory") checkSubdirectories(tree, parent, syscall);
  const inode = makeInode(tree, parent, what);
  entries.insert({ inode: inode.number, name, fileType: tree.fileType(inode) });
  if (what.type === "directory") addSubdirectory(tree, parent);
  parent.touch();
  tree.knowName(parent, name, inode);
  return inode;
}

/** Makes what a rename can leave behind: a character device 0:0, whose link is the name that it is to get. */
export function makeWhiteout(tree: LiveTree, parent: LiveInode): LiveInode {
  return makeInode(tree, parent, { type: "characterDevice", permissions: 0 });
}

/** Makes an inode whose links are those that it is to have. */
function makeInode(tree: LiveTree, parent: LiveInode, what: NewNode): LiveInode {
  const inherits = (parent.permissions & setGroupId) !== 0;
  const bit = inherits && what.type === "directory" ? setGroupId : 0;
  const permissions = what.type === "symlink" ? 0o777 : what.permissions | bit;
  const mode = modeOf({ type: what.type, permissions });
  const gid = inherits ? parent.gid : (what.gid ?? 0);
  const inode = tree.volume.inodes.create(parent, { mode, uid: what.uid ?? 0, gid });
  inode.linkCount = 1;
  if (what.type !== "file") fillNode(tree, parent, inode, what);
  if (tree.xattrs(parent).mayBeThere) inheritAcls(tree, parent, inode);
  return inode;
}

/** Gives an inode one more name. */
export function linkNode(tree: LiveTree, inode: LiveInode, parent: LiveInode, name: Uint8Array): void {
  checkName(name, "link");
  const entries = tree.entries(parent);
  if (entries.find(name) !== undefined) throw new FileError("EEXIST", "link");
  if (inode.type === "directory") throw new FileError("EPERM", "link");
  if (inode.linkCount === 0) throw new FileError("ENOENT", "link");
  if (inode.linkCount >= MAX_LINKS) throw new FileError("EMLINK", "link");
  entries.insert({ inode: inode.number, name, fileType: tree.fileType(inode) });
  inode.linkCount += 1;
  inode.changedAt = tree.volume.now();
  parent.touch();
}

/** Takes a name away: of an empty directory, or of anything else. */
export function removeName(
  tree: LiveTree,
  parent: LiveInode,
  name: Uint8Array,
  what: "unlink" | "rmdir",
): void {
  checkName(name, what);
  const entries = tree.entries(parent);
  const found = entries.find(name);
  if (found === undefined) throw new FileError("ENOENT", what);
  const inode = tree.entryInode(found);
  const isDirectory = inode.type === "directory";
  if (what === "unlink" && isDirectory) throw new FileError("EISDIR", what);
  if (what === "rmdir" && !isDirectory) throw new FileError("ENOTDIR", what);
  if (isDirectory && !tree.entries(inode).isEmpty()) throw new FileError("ENOTEMPTY", what);
  tree.names.forget(parent.number, name);
  entries.remove(found);
  if (isDirectory) removeSubdirectory(parent);
  parent.touch();
  tree.dropLink(inode);
}

/** @throws {FileError} `EMLINK` for a directory that can have no more subdirectories (`EXT4_DIR_LINK_MAX`). */
export function checkSubdirectories({ volume }: LiveTree, parent: LiveInode, syscall: string): void {
  const uncounted = (volume.geometry.superblock.featureRoCompat & roCompatFeature.dirNlink) !== 0;
  if (parent.linkCount >= MAX_LINKS && !(uncounted && isIndexed(volume, parent))) {
    throw new FileError("EMLINK", syscall);
  }
}

/** One subdirectory more: from too many on they are not counted (`ext4_inc_count`). */
export function addSubdirectory({ volume }: LiveTree, parent: LiveInode): void {
  const count = parent.linkCount + 1;
  const uncounted = isIndexed(volume, parent) && (count > MAX_LINKS || count === 2);
  parent.linkCount = uncounted ? 1 : count;
}

/** One subdirectory less (`ext4_dec_count`). */
export function removeSubdirectory(parent: LiveInode): void {
  if (parent.linkCount > 2) parent.linkCount -= 1;
}

function syscallOf({ type }: NewNode): string {
  if (type === "file") return "open";
  if (type === "directory") return "mkdir";
  return type === "symlink" ? "symlink" : "mknod";
}

function checkNewNode(what: NewNode, blockSizeBytes: number): void {
  const { type, permissions, uid = 0, gid = 0, deviceMajor = 0, deviceMinor = 0, target } = what;
  const syscall = syscallOf(what);
  const inRange =
    isWithin(permissions, 0o7777) &&
    isWithin(uid, 0xffff_ffff) &&
    isWithin(gid, 0xffff_ffff) &&
    isWithin(deviceMajor, longestDeviceMajor) &&
    isWithin(deviceMinor, longestDeviceMinor);
  if (!inRange) throw new FileError("EINVAL", syscall);
  if (type !== "symlink") return;
  if (target === undefined || target.length === 0 || target.includes(0))
    throw new FileError("EINVAL", syscall);
  if (target.length >= Math.min(targetLimitBytes, blockSizeBytes))
    throw new FileError("ENAMETOOLONG", syscall);
}

/** True for an integer from 0 to a limit. */
export function isWithin(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= limit;
}

/** What stands in a new inode's blocks, or in their place. */
function fillNode(
  tree: LiveTree,
  parent: LiveInode,
  inode: LiveInode,
  { type, target, deviceMajor = 0, deviceMinor = 0 }: NewNode,
): void {
  if (type === "directory") {
    inode.linkCount = 2;
    tree.entries(inode).begin(parent.number);
  } else if (type === "symlink" && target !== undefined) {
    writeTarget(tree, inode, target);
  } else if (type === "characterDevice" || type === "blockDevice") {
    writeDevice(inode, deviceMajor, deviceMinor);
  }
}

function writeTarget({ volume }: LiveTree, inode: LiveInode, target: Uint8Array): void {
  if (target.length < shortTargetBytes) {
    fieldBytes(inode.modifyBytes(), 0, inodeFields.block).set(target);
    inode.sizeBytes = target.length;
    return;
  }
  inode.initExtents();
  const writtenBytes = new FileData(volume, inode).keep(0, target);
  if (writtenBytes < target.length) throw new FileError("ENOSPC", "symlink");
}

/** In the old form what has eight bits each, all else in the new one (`init_special_inode`). */
function writeDevice(inode: LiveInode, major: number, minor: number): void {
  const block = fieldBytes(inode.modifyBytes(), 0, inodeFields.block);
  if (major < 256 && minor < 256) writeField(block, 0, [0, 4], (major << 8) | minor);
  else writeField(block, 0, [4, 4], encodeDeviceNumber(major, minor));
}
