/**
 * A tree of files, written to a directory of this machine: contents with their
 * holes, modes, owners, times, hard links, symlinks, devices.
 *
 * ## Security
 * Everything is made in a new directory that no other user may enter, under
 * names that were checked, in directories that were made a moment before: no
 * symlink of the image is ever on the way, and nothing that was there is
 * touched. At the end that directory gets its name; whatever fails before
 * leaves nothing. An owner that cannot be set takes set-uid and set-gid bits
 * with it.
 *
 * What Node cannot set is reported: extended attributes, and times closer than
 * a microsecond. `archiveTree` keeps both.
 */
import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import { promisify } from "node:util";
import { toHex } from "../bytes/hex.ts";
import { printableText } from "../bytes/printable.ts";
import { DeviceError, FileError, invariant, StorageError, UsageError } from "../errors.ts";
import type { NodeAttributes, Timestamp } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import { type CopiedName, copiedNames, type LeftOut, type LeftOutKind } from "./tree-node-walk.ts";

/** What to extract and whom to tell. */
export interface ExtractTreeOptions extends TreeOptions {
  /** The node to begin with; the root unless set. */
  readonly start?: TreeNode;
  /** Told of what this machine was not given. */
  readonly onLeftOut?: (leftOut: LeftOut) => void;
  /** Told after each name. */
  readonly onName?: (path: Uint8Array) => void;
}

const pieceBytes = 2 ** 20;
/** The longest target of a symlink: `PATH_MAX` less the NUL. */
const targetLimitBytes = 4095;
const setIdBits = 0o6000;
const run = promisify(execFile);

/**
 * Extracts a tree.
 *
 * @param target where it is to be; nothing may be there yet.
 * @throws {UsageError} `invalid-argument` where something is.
 * @throws {DeviceError} `device-failed` where this machine refuses; the system's error is the cause.
 * @throws what the tree throws, the signal's reason after an abort. Nothing is left then.
 */
export async function extractTree(
  tree: FileTree,
  target: string,
  options: ExtractTreeOptions = {},
): Promise<void> {
  await refuseExisting(target);
  const temporary = `${target.replace(/\/+$/, "")}.sealstone-${toHex(crypto.getRandomValues(new Uint8Array(6)))}`;
  const extraction = new Extraction(tree, temporary, options);
  try {
    await extraction.run();
    await refuseExisting(target);
    await attempt(target, () => fs.rename(temporary, target));
  } catch (error) {
    await extraction.undo();
    throw error;
  }
}

async function refuseExisting(target: string): Promise<void> {
  const there = await fs.lstat(target).catch(() => undefined);
  if (there === undefined) return;
  throw new UsageError("invalid-argument", `${target} is there already: name a directory that is not`, {
    at: { path: target },
  });
}

/** One extraction under way. */
class Extraction {
  readonly #tree: FileTree;
  readonly #top: Buffer;
  readonly #options: ExtractTreeOptions;
  readonly #how: TreeOptions;
  /** Made so far, with what they are to become: that is set at the end, the deepest first. */
  readonly #directories: { readonly path: Buffer; readonly item: CopiedName }[] = [];
  readonly #isSuperuser: boolean = process.geteuid?.() === 0;
  readonly #piece: Uint8Array = new Uint8Array(pieceBytes);

  constructor(tree: FileTree, top: string, options: ExtractTreeOptions) {
    this.#tree = tree;
    this.#top = Buffer.from(top);
    this.#options = options;
    this.#how = options.signal === undefined ? {} : { signal: options.signal };
  }

  async run(): Promise<void> {
    const { start = this.#tree.root, signal, onName } = this.#options;
    for await (const item of copiedNames(this.#tree, start, this.#how)) {
      signal?.throwIfAborted();
      await attempt(printableText(item.path), () => this.#make(item));
      onName?.(item.path);
    }
    for (const { path, item } of this.#directories.toReversed()) {
      await attempt(printableText(item.path), () => this.#finish(path, item));
    }
  }

  /** Removes all that was made. Modes that were set already would keep others than the superuser from it. */
  async undo(): Promise<void> {
    for (const { path } of this.#directories) await fs.chmod(path, 0o700).catch(() => undefined);
    await fs.rm(this.#top.toString(), { recursive: true, force: true });
  }

  async #make(item: CopiedName): Promise<void> {
    const path = this.#pathOf(item.path);
    if (item.linkTo !== undefined) return await this.#link(this.#pathOf(item.linkTo), path, item);
    const { type } = item.attributes;
    if (type === "directory") {
      await fs.mkdir(path, { mode: 0o700 });
      this.#directories.push({ path, item });
    } else if (type === "file") {
      await this.#makeFile(path, item);
    } else if (type === "symlink") {
      await this.#makeSymlink(path, item);
    } else if (type === "socket") {
      this.#leaveOut(item, "node", "a socket, which means nothing without the process behind it");
    } else {
      await this.#makeDevice(path, item);
    }
  }

  async #makeFile(path: Buffer, item: CopiedName): Promise<void> {
    const { sizeBytes } = item.attributes;
    await using file = await this.#tree.open(item.node, this.#how);
    const handle = await fs.open(path, "wx", 0o600);
    try {
      await handle.truncate(sizeBytes);
      let stretch = await file.nextData(0, this.#how);
      while (stretch !== undefined) {
        const end = stretch.offsetBytes + stretch.lengthBytes;
        for (let at = stretch.offsetBytes; at < end; ) {
          const room = this.#piece.subarray(0, Math.min(pieceBytes, end - at));
          const read = await file.read(at, room, this.#how);
          invariant(read > 0, "a stretch of data is inside its file");
          await writeWhole(handle, room.subarray(0, read), at);
          at += read;
        }
        stretch = await file.nextData(end, this.#how);
      }
    } finally {
      await handle.close();
    }
    await this.#finish(path, item);
  }

  /** A layer can hold targets that Linux makes no symlink of: none at all, and more than a page. */
  async #makeSymlink(path: Buffer, item: CopiedName): Promise<void> {
    const target = await this.#tree.readlink(item.node, this.#how);
    if (target.length === 0 || target.length > targetLimitBytes) {
      this.#leaveOut(item, "node", `a symlink whose target has ${target.length} bytes`);
      return;
    }
    await fs.symlink(Buffer.from(target), path);
    await this.#finish(path, item);
  }

  /** Node makes no devices: coreutils' command does, under a name that any text can hold. */
  async #makeDevice(path: Buffer, item: CopiedName): Promise<void> {
    const { type, deviceMajor, deviceMinor } = item.attributes;
    const made = `${this.#top.toString()}.node`;
    const numbers = type === "fifo" ? [] : [String(deviceMajor), String(deviceMinor)];
    const letter = type === "fifo" ? "p" : type === "blockDevice" ? "b" : "c";
    try {
      await run("mknod", ["-m", "600", "--", made, letter, ...numbers]);
      await fs.rename(made, path);
    } catch {
      await fs.rm(made, { force: true });
      const what = type === "fifo" ? "a fifo" : `a device ${deviceMajor}:${deviceMinor}`;
      this.#leaveOut(item, "node", `${what}, which mknod could not make here`);
      return;
    }
    await this.#finish(path, item);
  }

  async #link(first: Buffer, path: Buffer, item: CopiedName): Promise<void> {
    try {
      await fs.link(first, path);
    } catch (error) {
      // The first name was left out, and was said to be.
      if (!hasCode(error, "ENOENT")) throw error;
      this.#leaveOut(item, "node", "another name of what was left out");
    }
  }

  /** Owner, mode, times, in this order: a new owner takes the set-uid bit away, and everything changes the time. */
  async #finish(path: Buffer, item: CopiedName): Promise<void> {
    const { attributes } = item;
    const owned = await this.#own(path, item);
    if (attributes.type !== "symlink") {
      await fs.chmod(path, owned ? attributes.permissions : attributes.permissions & ~setIdBits);
    }
    await this.#date(path, item, attributes);
    const xattrs = await this.#tree.listxattr(item.node, this.#how);
    for (const name of xattrs) this.#leaveOut(item, "xattr", `its extended attribute ${printableText(name)}`);
  }

  /** @returns whether the node belongs to whom the image says. */
  async #own(path: Buffer, item: CopiedName): Promise<boolean> {
    const { uid, gid } = item.attributes;
    if (this.#isSuperuser) {
      await fs.lchown(path, uid, gid);
      return true;
    }
    const same = process.geteuid?.() === uid && process.getegid?.() === gid;
    if (!same) this.#leaveOut(item, "owner", `its owner ${uid}:${gid}, which only the superuser can set`);
    return same;
  }

  async #date(path: Buffer, item: CopiedName, { accessedAt, modifiedAt }: NodeAttributes): Promise<void> {
    try {
      await fs.lutimes(path, secondsOf(accessedAt), secondsOf(modifiedAt));
    } catch {
      this.#leaveOut(item, "time", "its time, which this file system cannot hold");
    }
  }

  #leaveOut({ path }: CopiedName, kind: LeftOutKind, what: string): void {
    this.#options.onLeftOut?.({ path, kind, what });
  }

  #pathOf(path: Uint8Array): Buffer {
    return path.length === 0 ? this.#top : Buffer.concat([this.#top, Buffer.from("/"), path]);
  }
}

async function writeWhole(handle: fs.FileHandle, bytes: Uint8Array, offsetBytes: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, offsetBytes + done)).bytesWritten;
  }
}

function secondsOf({ seconds, nanoseconds }: Timestamp): number {
  return Number(seconds) + nanoseconds / 1e9;
}

/** Runs one step; what this machine refuses becomes a `DeviceError` that names the file. */
async function attempt<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof StorageError || cause instanceof FileError || !isSystemError(cause)) throw cause;
    const message = `${path === "" ? "the directory" : path} cannot be written: ${cause.message}`;
    throw new DeviceError("device-failed", message, { at: { path }, cause });
  }
}

/** An abort's reason has a code too, but no syscall. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
