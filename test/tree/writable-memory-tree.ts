/**
 * A whole `WritableFileTree` in memory: the model that file systems on a device are held
 * against, and the upper of tests that need one. It keeps the contract to the letter and does
 * everything the plain way. Every call does its work in one synchronous turn, and so whole.
 */
import { bytesFromLatin1, latin1FromBytes } from "../../src/bytes/latin1.ts";
import { FileError, StateError } from "../../src/errors.ts";
import type { NodeAttributes, Timestamp } from "../../src/tree/attributes.ts";
import type {
  DirectoryEntry,
  OpenFile,
  TreeNode,
  TreeOptions,
  TreeStatistics,
} from "../../src/tree/file-tree.ts";
import type {
  AttributeChanges,
  NewNode,
  RenameOptions,
  SetXattrOptions,
  WritableFileTree,
  WritableOpenFile,
} from "../../src/tree/writable-file-tree.ts";
import { pageBytes } from "./memory-content.ts";
import { MemoryFile } from "./memory-file.ts";
import { check, type MemoryEntry, MemoryInode } from "./memory-inode.ts";
import { removeMemoryXattr, setMemoryXattr } from "./memory-xattrs.ts";

export interface MemoryTreeOptions {
  readonly name?: string;
  /** The platform's, in milliseconds, unless set. */
  readonly now?: () => Timestamp;
  /** Pages for content; without limit unless set. */
  readonly limitPages?: number;
  /** Nodes, the root among them; without limit unless set. */
  readonly limitNodes?: number;
  /** Names of one node, and subdirectories and two; without limit unless set. */
  readonly limitLinks?: number;
  /** The largest file; 2^53 - 1 unless set. */
  readonly limitFileBytes?: number;
}

export class WritableMemoryTree implements WritableFileTree {
  readonly name: string;
  readonly root: TreeNode;
  readonly #options: MemoryTreeOptions;
  readonly #nodes: Map<number, MemoryInode> = new Map();
  #lastInode = 0;
  #openFiles = 0;
  #usedPages = 0;
  #closed = false;

  constructor(options: MemoryTreeOptions = {}) {
    this.#options = options;
    this.name = options.name ?? "memory tree";
    const root = this.#make({ type: "directory", permissions: 0o755 });
    root.names = 1;
    this.root = nodeOf(root);
  }

  /** How many files are open, for tests that all are closed again. */
  get openFiles(): number {
    return this.#openFiles;
  }

  async lookup(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<TreeNode | undefined> {
    const entry = this.#directory(directory, options).entries.get(keyOf(name));
    return entry && nodeOf(entry.node);
  }

  async getattr(node: TreeNode, options?: TreeOptions): Promise<NodeAttributes> {
    return this.#node(node, options).attributes();
  }

  async *readdir(
    directory: TreeNode,
    cursor = 0,
    options?: TreeOptions,
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    const { entries, lastCursor } = this.#directory(directory, options);
    check(Number.isInteger(cursor) && cursor >= 0 && cursor <= lastCursor, "EINVAL");
    // A Map goes on to what is added under way, and leaves out what is deleted.
    for (const entry of entries.values()) {
      if (entry.cursor <= cursor) continue;
      this.#enter(options);
      const { node } = entry;
      yield { name: entry.name.slice(), node: nodeOf(node), type: node.type, cursor: entry.cursor };
    }
  }

  async readlink(node: TreeNode, options?: TreeOptions): Promise<Uint8Array> {
    const { type, target } = this.#node(node, options);
    check(type === "symlink", "EINVAL");
    return target.slice();
  }

  open(node: TreeNode, options?: TreeOptions): Promise<OpenFile> {
    return this.openWritable(node, options);
  }

  async openWritable(node: TreeNode, options?: TreeOptions): Promise<WritableOpenFile> {
    const file = this.#node(node, options);
    check(!file.isDirectory, "EISDIR");
    check(file.type === "file", "EINVAL");
    this.#openFiles += 1;
    file.openFiles += 1;
    return new MemoryFile(file, nodeOf(file), {
      enter: (how) => this.#enter(how),
      now: () => this.#now(),
      limitBytes: this.#options.limitFileBytes ?? Number.MAX_SAFE_INTEGER,
      takePages: (count) => this.#takePages(count),
      close: () => {
        this.#openFiles -= 1;
        file.openFiles -= 1;
        this.#forgetIfGone(file);
      },
    });
  }

  async listxattr(node: TreeNode, options?: TreeOptions): Promise<readonly Uint8Array[]> {
    return [...this.#node(node, options).xattrs.keys()].map((name) => bytesFromLatin1(name));
  }

  async getxattr(node: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<Uint8Array | undefined> {
    return this.#node(node, options).xattrs.get(latin1FromBytes(name))?.slice();
  }

  async statfs(options?: TreeOptions): Promise<TreeStatistics> {
    this.#enter(options);
    const { limitPages = 2 ** 40, limitNodes = 2 ** 40 } = this.#options;
    const freeBlocks = limitPages - this.#usedPages;
    return {
      blockSizeBytes: pageBytes,
      blocks: limitPages,
      freeBlocks,
      availableBlocks: freeBlocks,
      inodes: limitNodes,
      freeInodes: limitNodes - this.#nodes.size,
      nameLimitBytes: 255,
      magic: 0x01021994,
    };
  }

  async create(
    directory: TreeNode,
    name: Uint8Array,
    what: NewNode,
    options?: TreeOptions,
  ): Promise<TreeNode> {
    const parent = this.#living(directory, options);
    const key = keyOf(name);
    check(!parent.entries.has(key), "EEXIST");
    if (what.type === "directory") this.#checkSubdirectory(parent);
    check(this.#nodes.size < (this.#options.limitNodes ?? Number.POSITIVE_INFINITY), "ENOSPC");
    const made = this.#makeIn(parent, what);
    this.#add(parent, name, made);
    return nodeOf(made);
  }

  async link(node: TreeNode, directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void> {
    const linked = this.#node(node, options);
    const parent = this.#living(directory, options);
    check(!parent.entries.has(keyOf(name)), "EEXIST");
    check(!linked.isDirectory, "EPERM");
    check(linked.names > 0, "ENOENT");
    check(linked.names < (this.#options.limitLinks ?? Number.POSITIVE_INFINITY), "EMLINK");
    this.#add(parent, name, linked);
    linked.change({}, this.#now());
  }

  async unlink(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void> {
    const parent = this.#living(directory, options);
    const { node } = entryOf(parent, name);
    check(!node.isDirectory, "EISDIR");
    this.#remove(parent, name);
  }

  async rmdir(directory: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void> {
    const parent = this.#living(directory, options);
    const { node } = entryOf(parent, name);
    check(node.isDirectory, "ENOTDIR");
    check(node.entries.size === 0, "ENOTEMPTY");
    this.#remove(parent, name);
  }

  async rename(
    fromDirectory: TreeNode,
    fromName: Uint8Array,
    toDirectory: TreeNode,
    toName: Uint8Array,
    options: RenameOptions = {},
  ): Promise<void> {
    const { onto = "replace", whiteout = false } = options;
    const from = this.#living(fromDirectory, options);
    const to = this.#living(toDirectory, options);
    check(!(whiteout && onto === "exchange"), "EINVAL");
    const moved = entryOf(from, fromName);
    const replaced = to.entries.get(keyOf(toName));
    check(onto !== "refuse" || replaced === undefined, "EEXIST");
    check(onto !== "exchange" || replaced !== undefined, "ENOENT");
    check(!isWithin(to, moved.node), "EINVAL");
    check(!replaced || !isWithin(from, replaced.node), onto === "exchange" ? "EINVAL" : "ENOTEMPTY");
    if (replaced?.node === moved.node) return;
    if (onto === "exchange" && replaced) this.#exchange(from, moved, to, replaced);
    else this.#move(from, moved, to, toName, whiteout);
  }

  async setattr(node: TreeNode, changes: AttributeChanges, options?: TreeOptions): Promise<void> {
    this.#node(node, options).change(changes, this.#now());
  }

  async setxattr(
    node: TreeNode,
    name: Uint8Array,
    value: Uint8Array,
    options?: SetXattrOptions,
  ): Promise<void> {
    const changed = this.#node(node, options);
    setMemoryXattr(changed, name, value, options?.only);
    changed.change({}, this.#now());
  }

  async removexattr(node: TreeNode, name: Uint8Array, options?: TreeOptions): Promise<void> {
    const changed = this.#node(node, options);
    removeMemoryXattr(changed, name);
    changed.change({}, this.#now());
  }

  async flush(options?: TreeOptions): Promise<void> {
    this.#enter(options);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkSubdirectory(parent: MemoryInode): void {
    check(parent.subdirectories + 2 < (this.#options.limitLinks ?? Number.POSITIVE_INFINITY), "EMLINK");
  }

  #move(
    from: MemoryInode,
    { name, node }: MemoryEntry,
    to: MemoryInode,
    toName: Uint8Array,
    whiteout: boolean,
  ): void {
    const replaced = to.entries.get(keyOf(toName));
    check(!replaced || replaced.node.isDirectory || !node.isDirectory, "ENOTDIR");
    check(!replaced?.node.isDirectory || node.isDirectory, "EISDIR");
    check(!replaced || replaced.node.entries.size === 0, "ENOTEMPTY");
    if (node.isDirectory && from !== to && !replaced) this.#checkSubdirectory(to);
    if (whiteout) {
      check(this.#nodes.size < (this.#options.limitNodes ?? Number.POSITIVE_INFINITY), "ENOSPC");
    }
    if (replaced) this.#remove(to, toName);
    this.#drop(from, name);
    this.#add(to, toName, node);
    if (whiteout) this.#add(from, name, this.#makeIn(from, { type: "characterDevice", permissions: 0 }));
    node.change({}, this.#now());
  }

  #exchange(from: MemoryInode, one: MemoryEntry, to: MemoryInode, other: MemoryEntry): void {
    const { node } = one;
    if (from !== to && node.isDirectory && !other.node.isDirectory) this.#checkSubdirectory(to);
    if (from !== to && !node.isDirectory && other.node.isDirectory) this.#checkSubdirectory(from);
    one.node = other.node;
    other.node = node;
    for (const [left, entered, { node: moved }] of [
      [from, to, other],
      [to, from, one],
    ] as const) {
      if (!moved.isDirectory) continue;
      moved.parent = entered;
      left.subdirectories -= 1;
      entered.subdirectories += 1;
    }
    const now = this.#now();
    for (const directory of [from, to]) directory.touch(now);
    for (const entry of [one, other]) entry.node.change({}, now);
  }

  #add(parent: MemoryInode, name: Uint8Array, node: MemoryInode): void {
    parent.lastCursor += 1;
    parent.entries.set(keyOf(name), { name: name.slice(), cursor: parent.lastCursor, node });
    parent.touch(this.#now());
    node.names += 1;
    if (node.isDirectory) {
      node.parent = parent;
      parent.subdirectories += 1;
    }
  }

  #remove(parent: MemoryInode, name: Uint8Array): void {
    const node = this.#drop(parent, name);
    node.change({}, this.#now());
    if (node.isDirectory) node.parent = undefined;
    this.#forgetIfGone(node);
  }

  #drop(parent: MemoryInode, name: Uint8Array): MemoryInode {
    const { node } = entryOf(parent, name);
    parent.entries.delete(keyOf(name));
    parent.touch(this.#now());
    node.names -= 1;
    if (node.isDirectory) parent.subdirectories -= 1;
    return node;
  }

  /** With what a set-group-id directory hands on. */
  #makeIn(parent: MemoryInode, what: NewNode): MemoryInode {
    if ((parent.permissions & 0o2000) === 0) return this.#make(what);
    const bit = what.type === "directory" ? 0o2000 : 0;
    return this.#make({ ...what, permissions: what.permissions | bit, gid: parent.gid });
  }

  #make(what: NewNode): MemoryInode {
    const made = new MemoryInode(this.#lastInode + 1, what, this.#now());
    this.#lastInode += 1;
    this.#nodes.set(made.inode, made);
    return made;
  }

  #forgetIfGone(node: MemoryInode): void {
    if (!node.isGone || !this.#nodes.delete(node.inode)) return;
    this.#takePages(-node.content.allocatedBytes / pageBytes);
  }

  #enter(options: TreeOptions = {}): void {
    options.signal?.throwIfAborted();
    if (this.#closed) throw new StateError("closed", `${this.name} is closed`);
  }

  #node({ inode }: TreeNode, options?: TreeOptions): MemoryInode {
    this.#enter(options);
    const node = this.#nodes.get(inode);
    if (!node) throw new FileError("ESTALE", "memory tree");
    return node;
  }

  #directory(node: TreeNode, options?: TreeOptions): MemoryInode {
    const directory = this.#node(node, options);
    check(directory.isDirectory, "ENOTDIR");
    return directory;
  }

  /** A directory to change names in: in one that was removed there are none. */
  #living(node: TreeNode, options?: TreeOptions): MemoryInode {
    this.#enter(options);
    check(this.#nodes.has(node.inode), "ENOENT");
    return this.#directory(node, options);
  }

  #now(): Timestamp {
    return (this.#options.now ?? platformTime)();
  }

  /** Takes pages, or gives them back where the count is negative; false where there are not as many. */
  #takePages(count: number): boolean {
    const { limitPages = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#usedPages + count > limitPages) return false;
    this.#usedPages += count;
    return true;
  }
}

function nodeOf({ inode }: MemoryInode): TreeNode {
  return { inode };
}

function keyOf(name: Uint8Array): string {
  check(name.length <= 255, "ENAMETOOLONG");
  return latin1FromBytes(name);
}

function entryOf(directory: MemoryInode, name: Uint8Array): MemoryEntry {
  const entry = directory.entries.get(keyOf(name));
  check(entry !== undefined, "ENOENT");
  return entry;
}

/** A directory is another or lies below it. */
function isWithin(directory: MemoryInode, other: MemoryInode): boolean {
  for (let at: MemoryInode | undefined = directory; at; at = at.parent) if (at === other) return true;
  return false;
}

function platformTime(): Timestamp {
  const ms = Date.now();
  return { seconds: BigInt(Math.floor(ms / 1000)), nanoseconds: (ms % 1000) * 1_000_000 };
}
