/**
 * A folder of this machine as a tree of files, for reading: to hold an image against it.
 *
 * What Node cannot read, extended attributes, is not there. Symlinks are never followed; what others
 * change meanwhile is seen as it comes. The machine's refusals are a `DeviceError` that names the file.
 */
import { Buffer } from "node:buffer";
import { type BigIntStats, constants } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { DeviceError, FileError, StateError, StorageError } from "../errors.ts";
import type { NodeAttributes, NodeType } from "./attributes.ts";
import { checkCursor } from "./directory-cursor.ts";
import type {
  DirectoryEntry,
  FileStretch,
  FileTree,
  OpenFile,
  TreeNode,
  TreeOptions,
  TreeStatistics,
} from "./file-tree.ts";
import { attributesOfStats } from "./host-attributes.node.ts";
import { joinBelow } from "./listing.ts";

/** From here on numbers are given to nodes whose own are taken, or too large. */
const firstGivenInode = 2 ** 52;

/** A node, by the path that led to it. */
class FolderNode implements TreeNode {
  readonly inode: number;
  readonly type: NodeType;
  readonly path: Buffer;

  constructor(path: Buffer, { inode, type }: NodeAttributes) {
    this.inode = inode;
    this.type = type;
    this.path = path;
  }
}

/**
 * Opens a folder.
 *
 * @param path of the folder, or of a symlink to it.
 * @throws {FileError} `ENOTDIR`. {DeviceError} `device-missing`, `device-failed`.
 */
export async function openFolderTree(path: string): Promise<FolderTree> {
  const root = Buffer.from(path);
  const stats = await answered(root, () => fs.stat(root, { bigint: true }));
  if (!stats.isDirectory()) throw new FileError("ENOTDIR", "scandir", path);
  return new FolderTree(path, stats);
}

/** See the head of this file. Made by `openFolderTree`. */
export class FolderTree implements FileTree {
  readonly name: string;
  readonly root: TreeNode;
  readonly #rootDevice: bigint;
  readonly #given: Map<string, number> = new Map();
  readonly #running: Set<Promise<unknown>> = new Set();
  #closing: Promise<void> | undefined;

  constructor(path: string, stats: BigIntStats) {
    this.name = path;
    this.#rootDevice = stats.dev;
    this.root = new FolderNode(Buffer.from(path), attributesOfStats(stats, path, this.#inodeOf(stats)));
  }

  lookup(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<TreeNode | undefined> {
    return this.#run(directory, options, (path) => {
      if (directory.type !== "directory") throw new FileError("ENOTDIR", "lookup");
      return this.#found(Buffer.from(joinBelow(path, name)));
    });
  }

  getattr(node: TreeNode, options: TreeOptions = {}): Promise<NodeAttributes> {
    return this.#run(node, options, async (path) => {
      // The root may be a symlink's target.
      const stats = await (node === this.root ? fs.stat : fs.lstat)(path, { bigint: true });
      return this.#attributes(path, stats);
    });
  }

  /** Whole: a cursor is a name's place in it, and good as long as nobody changes the folder. */
  async *readdir(
    directory: TreeNode,
    cursor = 0,
    options: TreeOptions = {},
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    checkCursor(cursor);
    if (directory.type !== "directory") throw new FileError("ENOTDIR", "readdir");
    const names = await this.#run(directory, options, (path) => fs.readdir(path, { encoding: "buffer" }));
    for (let place = cursor; place < names.length; place++) {
      const name = new Uint8Array(names[place] as Buffer);
      const node = await this.lookup(directory, name, options);
      // It may be gone by now.
      if (node !== undefined) yield { name, node, type: node.type, cursor: place + 1 };
    }
  }

  readlink(node: TreeNode, options: TreeOptions = {}): Promise<Uint8Array> {
    return this.#run(node, options, async (path) => {
      if (node.type !== "symlink") throw new FileError("EINVAL", "readlink");
      return new Uint8Array(await fs.readlink(path, { encoding: "buffer" }));
    });
  }

  open(node: TreeNode, options: TreeOptions = {}): Promise<OpenFile> {
    return this.#run(node, options, async (path) => {
      if (node.type === "directory") throw new FileError("EISDIR", "open");
      if (node.type !== "file") throw new FileError("EINVAL", "open");
      // Should a fifo be there by now, nobody waits for who writes to it.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const handle = await fs.open(path, flags);
      return new FolderFile(node, handle, (how, call) => this.#run(node, how, call));
    });
  }

  /** None: see the head of this file. */
  listxattr(node: TreeNode, options: TreeOptions = {}): Promise<readonly Uint8Array[]> {
    return this.#run(node, options, async () => []);
  }

  /** None: see the head of this file. */
  getxattr(node: TreeNode, _name: Uint8Array, options: TreeOptions = {}): Promise<Uint8Array | undefined> {
    return this.#run(node, options, async () => undefined);
  }

  statfs(options: TreeOptions = {}): Promise<TreeStatistics> {
    return this.#run(this.root, options, async (path) => {
      const { type, bsize, blocks, bfree, bavail, files, ffree } = await fs.statfs(path);
      return {
        blockSizeBytes: bsize,
        blocks,
        freeBlocks: bfree,
        availableBlocks: bavail,
        inodes: files,
        freeInodes: ffree,
        nameLimitBytes: 255,
        magic: type,
      };
    });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#given.clear());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #found(path: Buffer): Promise<FolderNode | undefined> {
    try {
      const stats = await fs.lstat(path, { bigint: true });
      return new FolderNode(path, this.#attributes(path, stats));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  #attributes(path: Buffer, stats: BigIntStats): NodeAttributes {
    return attributesOfStats(stats, path.toString(), this.#inodeOf(stats));
  }

  /** A number of one space for all file systems that the folder reaches into. */
  #inodeOf({ dev, ino }: BigIntStats): number {
    if (dev === this.#rootDevice && ino < firstGivenInode) return Number(ino);
    const key = `${dev}:${ino}`;
    const given = this.#given.get(key) ?? firstGivenInode + this.#given.size;
    this.#given.set(key, given);
    return given;
  }

  async #run<Result>(
    node: TreeNode,
    { signal }: TreeOptions,
    call: (path: Buffer) => Promise<Result>,
  ): Promise<Result> {
    if (this.#closing) {
      const at = { path: this.name };
      throw new StateError("closed", `${this.name} is closed: open it anew`, { at });
    }
    signal?.throwIfAborted();
    const { path } = node as FolderNode;
    const running = answered(path, () => call(path));
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

type RunCall = <Result>(options: TreeOptions, call: () => Promise<Result>) => Promise<Result>;

class FolderFile implements OpenFile {
  readonly node: TreeNode;
  readonly #handle: FileHandle;
  readonly #run: RunCall;

  constructor(node: TreeNode, handle: FileHandle, run: RunCall) {
    this.node = node;
    this.#handle = handle;
    this.#run = run;
  }

  read(offsetBytes: number, into: Uint8Array, options: TreeOptions = {}): Promise<number> {
    return this.#run(options, async () => {
      for (let done = 0; ; ) {
        const { bytesRead } = await this.#handle.read(into, done, into.length - done, offsetBytes + done);
        done += bytesRead;
        if (bytesRead === 0 || done === into.length) return done;
      }
    });
  }

  /** Node finds no holes: the rest of the file. */
  nextData(offsetBytes: number, options: TreeOptions = {}): Promise<FileStretch | undefined> {
    return this.#run(options, async () => {
      const lengthBytes = (await this.#handle.stat()).size - offsetBytes;
      return lengthBytes > 0 ? { offsetBytes, lengthBytes } : undefined;
    });
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What the machine answers; its refusals name the file. */
async function answered<Result>(path: Buffer, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof StorageError || !(cause instanceof Error)) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const at = { path: path.toString() };
    const kind = code === "ENOENT" ? "device-missing" : "device-failed";
    throw new DeviceError(kind, `cannot read ${at.path}: ${message}`, { at, cause });
  }
}
