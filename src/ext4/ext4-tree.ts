/**
 * An ext4 image as a tree of files, for reading: what the compact writer makes,
 * and what `mkfs.ext4` and the kernel do. Everything on the device is the host's
 * word; each structure is checked before it is used. What is read and what is
 * refused stands in `docs/ext4.md`.
 */

import { equalBytes } from "../bytes/compare.ts";
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type {
  DirectoryEntry,
  FileTree,
  OpenFile,
  TreeNode,
  TreeOptions,
  TreeStatistics,
} from "../tree/file-tree.ts";
import { DirectoryNames, nameKey } from "./directory-names.ts";
import { type DirectoryBlock, readDirectory, typeOfEntry } from "./directory-reader.ts";
import { Ext4File } from "./ext4-file.ts";
import { contentOf } from "./file-content.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { inodeNumber } from "./inode.ts";
import { type Ext4Inode, readInode } from "./inode-reader.ts";
import { readTarget } from "./symlink.ts";
import { statisticsOf } from "./tree-statistics.ts";
import { type Ext4Volume, type Ext4VolumeOptions, openVolume } from "./volume.ts";
import { readXattrs, readXattrValue } from "./xattr-reader.ts";

/** How to open an ext4 image. */
export interface Ext4Options extends Ext4VolumeOptions {
  /** Closing the tree closes the device too; by default that stays open. */
  readonly closesDevice?: boolean;
  /** Runs when the tree is about to be closed: what it throws refuses that. */
  readonly beforeClose?: () => void;
}

/** Names kept of large directories: some 10 MB. */
const keptNames = 65_536;

/**
 * Opens an ext4 image for reading. The superblock is fetched once; the device may
 * be larger than the file system, whose size stands in `geometry`.
 *
 * @param device whose bytes the host may control.
 * @throws {FormatError} where there is no ext4, or one with a feature that is not read: encryption, casefold,
 *   fs-verity, bigalloc, a journal that needs recovery, anything unknown. The message names it.
 * @throws {DeviceError} when the device's read fails; {IntegrityError} on a checked device.
 */
export async function openExt4(device: BlockDevice, options: Ext4Options = {}): Promise<Ext4Tree> {
  const volume = await openVolume(device, options);
  const tree = new Ext4Tree(volume, options);
  const { type } = await tree.getattr(tree.root, options);
  if (type === "directory") return tree;
  throw volume.malformed("bad-field", `the root is a ${type}`, { inode: inodeNumber.root, field: "mode" });
}

/** A tree of files in an ext4 image. Made by `openExt4`. */
export class Ext4Tree implements FileTree {
  readonly name: string;
  readonly root: TreeNode = { inode: inodeNumber.root };
  readonly #volume: Ext4Volume;
  readonly #options: Ext4Options;
  readonly #calls: CallsUnderWay = new CallsUnderWay();
  readonly #names: DirectoryNames = new DirectoryNames(keptNames);

  /** Made by `openExt4`, which checks what the constructor takes as given. */
  constructor(volume: Ext4Volume, options: Ext4Options) {
    this.name = volume.name;
    this.#volume = volume;
    this.#options = options;
  }

  /** What the superblock says: sizes and features, checked. */
  get geometry(): Ext4Geometry {
    return this.#volume.geometry;
  }

  lookup(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<TreeNode | undefined> {
    return this.#run(options, async () => {
      const inode = await this.#directory(directory, "lookup", options);
      const large = inode.attributes.sizeBytes > 2 * this.#volume.geometry.blockSizeBytes;
      const found = large
        ? await this.#findAmong(inode, name, options)
        : await this.#find(inode, name, options);
      return found === undefined ? undefined : { inode: found };
    });
  }

  getattr(node: TreeNode, options: TreeOptions = {}): Promise<NodeAttributes> {
    return this.#run(options, async () => (await readInode(this.#volume, node.inode, options)).attributes);
  }

  async *readdir(
    directory: TreeNode,
    cursor = 0,
    options: TreeOptions = {},
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    const inode = await this.#run(options, () => this.#directory(directory, "readdir", options));
    const { blockSizeBytes } = this.#volume.geometry;
    // The end of a block's last entry is in that block yet: entries behind it are in the next.
    const start = Math.floor(Math.max(cursor - 1, 0) / blockSizeBytes) * blockSizeBytes;
    const blocks = readDirectory(this.#volume, inode, start, options);
    let known = cursor === 0;
    for (;;) {
      const { value: block, done } = await this.#run(options, () => blocks.next());
      if (done) break;
      known ||= block.entries.some(({ endBytes }) => block.offsetBytes + endBytes === cursor);
      if (!known) break;
      yield* entriesAfter(block, cursor);
    }
    if (!known) throw new FileError("EINVAL", "readdir");
  }

  readlink(node: TreeNode, options: TreeOptions = {}): Promise<Uint8Array> {
    return this.#run(options, async () => {
      const inode = await readInode(this.#volume, node.inode, options);
      if (inode.attributes.type !== "symlink") throw new FileError("EINVAL", "readlink");
      return readTarget(this.#volume, inode, options);
    });
  }

  open(node: TreeNode, options: TreeOptions = {}): Promise<OpenFile> {
    return this.#run(options, async () => {
      const inode = await readInode(this.#volume, node.inode, options);
      const { type } = inode.attributes;
      if (type === "directory") throw new FileError("EISDIR", "open");
      if (type !== "file") throw new FileError("EINVAL", "open");
      const run = <Result>(how: TreeOptions, call: () => Promise<Result>): Promise<Result> =>
        this.#run(how, call);
      return new Ext4File(node, contentOf(this.#volume, inode), run);
    });
  }

  listxattr(node: TreeNode, options: TreeOptions = {}): Promise<readonly Uint8Array[]> {
    return this.#run(options, async () => {
      const inode = await readInode(this.#volume, node.inode, options);
      return (await readXattrs(this.#volume, inode, options)).map(({ name }) => name);
    });
  }

  getxattr(node: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<Uint8Array | undefined> {
    return this.#run(options, async () => {
      const inode = await readInode(this.#volume, node.inode, options);
      const xattrs = await readXattrs(this.#volume, inode, options);
      const found = xattrs.find((xattr) => equalBytes(xattr.name, name));
      return found && readXattrValue(this.#volume, inode, found, options);
    });
  }

  statfs(options: TreeOptions = {}): Promise<TreeStatistics> {
    return this.#run(options, async () => {
      const { superblock } = this.#volume.geometry;
      const freeBlocks = superblock.freeBlocksCountHigh * 2 ** 32 + superblock.freeBlocksCountLow;
      return statisticsOf(this.#volume.geometry, { freeBlocks, freeInodes: superblock.freeInodesCount });
    });
  }

  async close(): Promise<void> {
    this.#options.beforeClose?.();
    await this.#calls.close(async () => {
      this.#volume.release();
      this.#names.clear();
      if (this.#options.closesDevice) await this.#volume.device.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Every call goes through here: closing waits for it, and a signal that is aborted already ends it. */
  async #run<Result>({ signal }: IoOptions, call: () => Promise<Result>): Promise<Result> {
    this.#calls.enter(this.name, signal);
    try {
      return await call();
    } finally {
      this.#calls.leave();
    }
  }

  async #directory(node: TreeNode, syscall: string, options: IoOptions): Promise<Ext4Inode> {
    const inode = await readInode(this.#volume, node.inode, options);
    if (inode.attributes.type !== "directory") throw new FileError("ENOTDIR", syscall);
    return inode;
  }

  async #find(directory: Ext4Inode, name: Uint8Array, options: IoOptions): Promise<number | undefined> {
    for await (const { entries } of readDirectory(this.#volume, directory, 0, options)) {
      const found = entries.find((entry) => equalBytes(entry.name, name));
      if (found !== undefined) return found.inode;
    }
    return undefined;
  }

  /** As `#find`, and keeps the names that are passed on the way, as long as they are not too many. */
  async #findAmong(directory: Ext4Inode, name: Uint8Array, options: IoOptions): Promise<number | undefined> {
    const key = nameKey(name);
    const kept = this.#names.get(directory.number);
    if (kept !== undefined) return kept.get(key);
    const names = new Map<string, number>();
    let found: number | undefined;
    for await (const { entries } of readDirectory(this.#volume, directory, 0, options)) {
      for (const entry of entries) {
        const each = nameKey(entry.name);
        if (each === key) found ??= entry.inode;
        // Where a name stands twice the first one counts, as it does without keeping names.
        if (names.size <= keptNames && !names.has(each)) names.set(each, entry.inode);
      }
      if (names.size > keptNames && found !== undefined) return found;
    }
    this.#names.set(directory.number, names);
    return found;
  }
}

function* entriesAfter(block: DirectoryBlock, cursor: number): Generator<DirectoryEntry, void, undefined> {
  for (const entry of block.entries) {
    const end = block.offsetBytes + entry.endBytes;
    if (end <= cursor) continue;
    const name = new Uint8Array(entry.name);
    yield { name, node: { inode: entry.inode }, type: typeOfEntry(entry), cursor: end };
  }
}
