/**
 * An ext4 file system as a tree of files, for reading and writing. What is changed
 * stays in memory until `flush`; what it promises stands in
 * `src/tree/writable-file-tree.ts`, where it does otherwise than Linux in `docs/ext4.md`.
 */

import { equalBytes } from "../bytes/compare.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { FileError } from "../errors.ts";
import type { NodeAttributes, Timestamp } from "../tree/attributes.ts";
import { CallOrder } from "../tree/call-order.ts";
import { checkCursor } from "../tree/directory-cursor.ts";
import type { DirectoryEntry, OpenFile, TreeNode, TreeOptions, TreeStatistics } from "../tree/file-tree.ts";
import type {
  AttributeChanges,
  NewNode,
  RenameOptions,
  SetXattrOptions,
  WritableFileTree,
  WritableOpenFile,
} from "../tree/writable-file-tree.ts";
import { changeAttributes, changeXattr, removeXattr } from "./attribute-changes.ts";
import { listPiece } from "./directory-listing.ts";
import { typeOfEntry } from "./directory-reader.ts";
import { FileData } from "./file-data.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { inodeNumber } from "./inode.ts";
import type { LiveInode } from "./live-inode.ts";
import { Ext4Node, LiveTree } from "./live-tree.ts";
import { createNode, linkNode, removeName } from "./name-changes.ts";
import { renameNode } from "./rename-changes.ts";
import { readTarget } from "./symlink.ts";
import { statisticsOf } from "./tree-statistics.ts";
import { LiveExt4File, type OpenFileCalls, WritableExt4File } from "./writable-ext4-file.ts";
import { WritableVolume, type WritableVolumeOptions } from "./writable-volume.ts";
import { readXattrs, readXattrValue } from "./xattr-reader.ts";

/** How to open an ext4 file system for writing. */
export interface WritableExt4Options extends WritableVolumeOptions {
  /** Closing the tree closes the device too; by default that stays open. */
  readonly closesDevice?: boolean;
}

/**
 * Opens an ext4 file system for reading and writing.
 *
 * @throws {FormatError} where there is no ext4, or one with a feature that is not written.
 * @throws {DeviceError} when the device's read fails; {IntegrityError} on a checked device.
 */
export async function openWritableExt4(
  device: WritableBlockDevice,
  { closesDevice = false, now = platformTime, ...options }: WritableExt4Options = {},
): Promise<WritableExt4Tree> {
  const clock = new CallClock(now);
  const volume = await WritableVolume.open(device, { ...options, now: () => clock.time });
  const tree = new WritableExt4Tree(volume, clock, closesDevice);
  const { type } = await tree.getattr(tree.root, options);
  if (type === "directory") return tree;
  throw volume.malformed("bad-field", `the root is a ${type}`, { inode: inodeNumber.root, field: "mode" });
}

/** All that one call changes it changes at one time. */
class CallClock {
  time: Timestamp;
  readonly #now: () => Timestamp;

  constructor(now: () => Timestamp) {
    this.#now = now;
    this.time = now();
  }

  tick(): void {
    this.time = this.#now();
  }
}

/** The platform's clock, in milliseconds. */
function platformTime(): Timestamp {
  const ms = Date.now();
  const seconds = Math.floor(ms / 1000);
  return { seconds: BigInt(seconds), nanoseconds: (ms - seconds * 1000) * 1_000_000 };
}

/** A tree of files in an ext4 file system. Made by `openWritableExt4`. */
export class WritableExt4Tree implements WritableFileTree {
  readonly name: string;
  readonly root: TreeNode = new Ext4Node(inodeNumber.root);
  readonly #volume: WritableVolume;
  readonly #live: LiveTree;
  readonly #clock: CallClock;
  readonly #closesDevice: boolean;
  readonly #calls: CallsUnderWay = new CallsUnderWay();
  readonly #order: CallOrder = new CallOrder();
  /** Nameless inodes that nobody has open, which could not be let go of when they were closed. */
  readonly #left: Set<number> = new Set();

  /** Made by `openWritableExt4`, which checks what the constructor takes as given. */
  constructor(volume: WritableVolume, clock: CallClock, closesDevice: boolean) {
    this.name = volume.name;
    this.#volume = volume;
    this.#live = new LiveTree(volume);
    this.#clock = clock;
    this.#closesDevice = closesDevice;
  }

  /** What the superblock says: sizes and features, checked. */
  get geometry(): Ext4Geometry {
    return this.#volume.geometry;
  }

  lookup(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<TreeNode | undefined> {
    return this.#read(options, () => {
      const { names } = this.#live;
      const inode = this.#live.directory(directory, "lookup");
      const known = names.get(inode.number, name);
      if (known !== undefined) return this.#node(known);
      const found = this.#live.entries(inode).find(name);
      if (found === undefined) {
        this.#live.noteAbsent(inode, name);
        return undefined;
      }
      names.set(inode.number, name, found.inode);
      return this.#node(found.inode);
    });
  }

  getattr(node: TreeNode, options: TreeOptions = {}): Promise<NodeAttributes> {
    return this.#read(options, () => {
      const inode = this.#live.inode(node);
      return inode.view().attributes;
    });
  }

  async *readdir(
    directory: TreeNode,
    cursor = 0,
    options: TreeOptions = {},
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    checkCursor(cursor);
    let begun = false;
    for (let next: number | undefined = cursor; next !== undefined; ) {
      const from: number = next;
      const piece = await this.#read(options, () => {
        const inode = this.#live.directory(directory, "readdir");
        return listPiece(this.#live.parts(inode), from);
      }).catch((error: unknown) => {
        // A directory that is removed while it is listed has no more names.
        if (begun && error instanceof FileError && error.code === "ESTALE") return undefined;
        throw error;
      });
      if (piece === undefined) return;
      begun = true;
      for (const { name, inode, fileType, cursor: here } of piece.entries) {
        yield { name, node: new Ext4Node(inode), type: typeOfEntry({ fileType }), cursor: here };
      }
      next = piece.next;
    }
  }

  readlink(node: TreeNode, options: TreeOptions = {}): Promise<Uint8Array> {
    return this.#read(options, () => {
      const inode = this.#live.inode(node);
      if (inode.type !== "symlink") throw new FileError("EINVAL", "readlink");
      return readTarget(this.#volume, inode.view(), options, () => new FileData(this.#volume, inode));
    });
  }

  async open(node: TreeNode, options: TreeOptions = {}): Promise<OpenFile> {
    return new LiveExt4File(node, await this.#open(node, options));
  }

  async openWritable(node: TreeNode, options: TreeOptions = {}): Promise<WritableOpenFile> {
    return new WritableExt4File(node, await this.#open(node, options));
  }

  listxattr(node: TreeNode, options: TreeOptions = {}): Promise<readonly Uint8Array[]> {
    return this.#read(options, async () => {
      const inode = this.#live.inode(node);
      return (await readXattrs(this.#volume, inode.view(), options)).map(({ name }) => name);
    });
  }

  getxattr(node: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<Uint8Array | undefined> {
    return this.#read(options, async () => {
      const inode = this.#live.inode(node).view();
      const xattrs = await readXattrs(this.#volume, inode, options);
      const found = xattrs.find((xattr) => equalBytes(xattr.name, name));
      return found && readXattrValue(this.#volume, inode, found, options);
    });
  }

  statfs(options: TreeOptions = {}): Promise<TreeStatistics> {
    return this.#read(options, () => statisticsOf(this.#volume.geometry, this.#volume.use()));
  }

  create(directory: TreeNode, name: Uint8Array, what: NewNode, options: TreeOptions = {}): Promise<TreeNode> {
    return this.#change(options, () => {
      const parent = this.#live.directory(directory, "create", "ENOENT");
      const made = createNode(this.#live, parent, name, what);
      return new Ext4Node(made.number, made.generation);
    });
  }

  link(node: TreeNode, directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#change(options, () => {
      const inode = this.#live.inode(node);
      const parent = this.#live.directory(directory, "link", "ENOENT");
      linkNode(this.#live, inode, parent, name);
    });
  }

  unlink(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#remove(directory, name, "unlink", options);
  }

  rmdir(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#remove(directory, name, "rmdir", options);
  }

  rename(
    fromDirectory: TreeNode,
    fromName: Uint8Array,
    toDirectory: TreeNode,
    toName: Uint8Array,
    options: RenameOptions = {},
  ): Promise<void> {
    return this.#change(options, () => {
      const from = this.#live.directory(fromDirectory, "rename", "ENOENT");
      const to = this.#live.directory(toDirectory, "rename", "ENOENT");
      renameNode(this.#live, { directory: from, name: fromName }, { directory: to, name: toName }, options);
    });
  }

  setattr(node: TreeNode, changes: AttributeChanges, options: TreeOptions = {}): Promise<void> {
    return this.#changeInode(node, options, (inode) => changeAttributes(this.#live, inode, changes));
  }

  setxattr(
    node: TreeNode,
    name: Uint8Array,
    value: Uint8Array,
    options: SetXattrOptions = {},
  ): Promise<void> {
    return this.#changeInode(node, options, (inode) => changeXattr(this.#live, inode, name, value, options));
  }

  removexattr(node: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#changeInode(node, options, (inode) => removeXattr(this.#live, inode, name));
  }

  flush(options: TreeOptions = {}): Promise<void> {
    return this.#alone(options, () => this.#flush(options));
  }

  close(): Promise<void> {
    const release = async (): Promise<void> => {
      try {
        this.#clock.tick();
        await this.#flush({});
      } finally {
        this.#live.names.clear();
        this.#volume.release();
        if (this.#closesDevice) await this.#volume.device.close();
      }
    };
    // In its turn: a file that is being closed is none of the calls that were waited for, and may free its blocks yet.
    return this.#calls.close(() => this.#order.change(release));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flush(options: IoOptions): Promise<void> {
    await this.#volume.flush(options);
    if (this.#left.size === 0) return;
    for (const number of this.#left) {
      await this.#dropOrphan(number);
      this.#left.delete(number);
    }
    await this.#volume.flush(options);
  }

  #node(number: number): Ext4Node {
    return new Ext4Node(number, this.#volume.inodes.peek(number)?.generation);
  }

  #remove(
    directory: TreeNode,
    name: Uint8Array,
    what: "unlink" | "rmdir",
    options: TreeOptions,
  ): Promise<void> {
    return this.#change(options, () => {
      const parent = this.#live.directory(directory, what, "ENOENT");
      removeName(this.#live, parent, name, what);
    });
  }

  #changeInode<Result>(
    node: TreeNode,
    options: TreeOptions,
    change: (inode: LiveInode) => Result | Promise<Result>,
  ): Promise<Result> {
    return this.#change(options, () => change(this.#live.inode(node)));
  }

  #open(node: TreeNode, options: TreeOptions): Promise<OpenFileCalls> {
    return this.#read(options, () => {
      const inode = this.#live.inode(node);
      if (inode.type === "directory") throw new FileError("EISDIR", "open");
      if (inode.type !== "file") throw new FileError("EINVAL", "open");
      const { number } = inode;
      this.#live.noteOpen(number);
      return {
        read: (how, call) =>
          this.#read(how, () => {
            const live = this.#live.inode(node);
            return call(new FileData(this.#volume, live), live);
          }),
        change: (how, call) =>
          this.#changeInode(node, how, (live) => call(new FileData(this.#volume, live), live)),
        close: () => this.#closeFile(number),
      };
    });
  }

  async #closeFile(number: number): Promise<void> {
    if (this.#order.isIdle && !this.#volume.inodes.peek(number)?.isOrphan) {
      this.#live.noteClosed(number);
      return;
    }
    await this.#order.change(async () => {
      if (!this.#live.noteClosed(number) || !this.#volume.inodes.peek(number)?.isOrphan) return;
      // Where the volume takes no change now, or something on the way cannot be read, the next flush tries again.
      await this.#dropOrphan(number).catch(() => this.#left.add(number));
    });
  }

  async #dropOrphan(number: number): Promise<void> {
    const inode = this.#volume.inodes.peek(number);
    // What was left may have been opened anew, or closed for good and its number given to another.
    if (!inode?.isOrphan || this.#live.isOpen(number)) return;
    await this.#volume.change({}, () => this.#live.dropOrphan(inode));
  }

  /** Every call that only reads goes through here: closing waits for it, and a signal that is aborted already ends it. */
  async #read<Result>(options: IoOptions, call: () => Result | Promise<Result>): Promise<Result> {
    this.#calls.enter(this.name, options.signal);
    const turn = this.#order.beginRead();
    if (turn !== undefined) await turn;
    try {
      return await this.#volume.inMemory(call, options);
    } finally {
      this.#order.endRead();
      this.#calls.leave();
    }
  }

  /** Every call that changes something goes through here, and runs alone, whole or not at all. */
  #change<Result>(options: IoOptions, call: () => Result | Promise<Result>): Promise<Result> {
    return this.#alone(options, () => this.#volume.change(options, call));
  }

  async #alone<Result>({ signal }: IoOptions, call: () => Promise<Result>): Promise<Result> {
    this.#calls.enter(this.name);
    const turn = this.#order.beginChange();
    if (turn !== undefined) await turn;
    try {
      signal?.throwIfAborted();
      this.#clock.tick();
      return await call();
    } finally {
      this.#order.endChange();
      this.#calls.leave();
    }
  }
}
