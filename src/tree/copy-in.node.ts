/**
 * A folder of this machine, copied into a tree: contents with their holes, modes, times,
 * hard links, symlinks as they stand, devices, fifos and sockets as nodes. The other way is
 * `extractTree`'s, which takes any tree.
 *
 * What Node cannot read stays behind: extended attributes.
 */
import { Buffer } from "node:buffer";
import type { BigIntStats } from "node:fs";
import fs from "node:fs/promises";
import { isZero } from "../bytes/codec.ts";
import type { TreeOptions } from "./file-tree.ts";
import { attributesOfStats } from "./host-attributes.node.ts";
import { joinBelow } from "./listing.ts";
import { pathBytes, type TreePath } from "./path.ts";
import type { WritableTreeFiles } from "./writable-tree-files.ts";

/** How to copy in. */
export interface CopyInOptions extends TreeOptions {
  /** Keep owners; else all that is made belongs to 0:0. False unless set. */
  readonly keepOwners?: boolean;
}

/** What is read and looked at for being zeros at once: a multiple of every file system's block. */
const pieceBytes = 1 << 20;
const blockBytes = 4096;

/**
 * Copies a file or a folder with all that is in it.
 *
 * @param source a path of this machine; a symlink itself, not what it leads to.
 * @param destination where it is to be in the tree; nothing may be there yet.
 * @throws {UsageError} `invalid-argument` for what is no file, folder, symlink or node.
 * @throws {FileError} what the tree throws, `EEXIST` where something is there; what Node throws of the source.
 */
export async function copyIn(
  files: WritableTreeFiles,
  source: string | Uint8Array,
  destination: TreePath,
  options: CopyInOptions = {},
): Promise<void> {
  await new CopyIn(files, options).run(Buffer.from(source), pathBytes(destination));
}

class CopyIn {
  readonly #files: WritableTreeFiles;
  readonly #options: CopyInOptions;
  readonly #how: TreeOptions;
  /** Where nodes of several names are in the tree, by device and number. */
  readonly #linked: Map<string, Uint8Array> = new Map();

  constructor(files: WritableTreeFiles, options: CopyInOptions) {
    this.#files = files;
    this.#options = options;
    this.#how = options.signal ? { signal: options.signal } : {};
  }

  async run(source: Buffer, destination: Uint8Array): Promise<void> {
    this.#how.signal?.throwIfAborted();
    const stats = await fs.lstat(source, { bigint: true });
    const key = `${stats.dev}:${stats.ino}`;
    const first = stats.isDirectory() || stats.nlink === 1n ? undefined : this.#linked.get(key);
    if (first) return await this.#files.link(first, destination, this.#how);
    if (!stats.isDirectory() && stats.nlink > 1n) this.#linked.set(key, destination);
    const { type, deviceMajor, deviceMinor } = attributesOfStats(stats, source.toString(), Number(stats.ino));
    if (type === "directory") await this.#copyFolder(source, destination);
    else if (type === "file") await this.#copyFile(source, destination, stats);
    else if (type === "symlink") {
      const target = await fs.readlink(source, { encoding: "buffer" });
      await this.#files.symlink(target, destination, null, this.#how);
    } else await this.#files.mknod(destination, { ...this.#how, type, deviceMajor, deviceMinor });
    await this.#setAttributes(destination, stats);
  }

  async #copyFolder(source: Buffer, destination: Uint8Array): Promise<void> {
    await this.#files.mkdir(destination, this.#how);
    const names = await fs.readdir(source, { encoding: "buffer" });
    for (const name of names) {
      await this.run(Buffer.from(joinBelow(source, name)), joinBelow(destination, name));
    }
  }

  /** Blocks of zeros of a file that takes less than its size are its holes. */
  async #copyFile(source: Buffer, destination: Uint8Array, { size, blocks }: BigIntStats): Promise<void> {
    const sparse = blocks * 512n < size;
    const from = await fs.open(source, "r");
    try {
      await using into = await this.#files.open(destination, "wx", null, this.#how);
      const piece = new Uint8Array(pieceBytes);
      let at = 0;
      for (;;) {
        const { bytesRead } = await from.read(piece, 0, piece.length, at);
        if (bytesRead === 0) break;
        const read = piece.subarray(0, bytesRead);
        for (const [start, end] of sparse ? dataStretches(read) : [[0, bytesRead] as const]) {
          for (let done = start; done < end; ) {
            const range = { ...this.#how, offset: done, length: end - done, position: at + done };
            done += (await into.write(read, range)).bytesWritten;
          }
        }
        at += bytesRead;
      }
      await into.truncate(at, this.#how);
    } finally {
      await from.close();
    }
  }

  /** The mode after the owner, who takes bits of it; the times at the end. */
  async #setAttributes(path: Uint8Array, stats: BigIntStats): Promise<void> {
    const { mode, uid, gid, atimeNs, mtimeNs } = stats;
    if (this.#options.keepOwners) await this.#files.lchown(path, Number(uid), Number(gid), this.#how);
    if (!stats.isSymbolicLink()) await this.#files.chmod(path, Number(mode & 0o7777n), this.#how);
    await this.#files.lutimes(path, atimeNs, mtimeNs, this.#how);
  }
}

/** Where a piece that begins at a block's beginning is not zeros, block by block. */
function* dataStretches(piece: Uint8Array): Generator<readonly [start: number, end: number]> {
  let start: number | undefined;
  for (let at = 0; at < piece.length; at += blockBytes) {
    const zero = isZero(piece.subarray(at, at + blockBytes));
    if (zero && start !== undefined) yield [start, at];
    start = zero ? undefined : (start ?? at);
  }
  if (start !== undefined) yield [start, piece.length];
}
