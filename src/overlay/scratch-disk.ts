/**
 * One disk for what containers write: sealed, formatted anew, and shared by the containers of
 * a group, each with a directory of its own, `scratch/<container>`, as in the guest.
 *
 * Security: whoever has a `ScratchDisk` knows that what is written there is sealed: the one
 * function that makes one seals the host's disk under a key of its own first. The key is in
 * the device's memory alone, and is wiped when the last who uses the disk lets go of it. Nothing
 * on the disk means anything afterwards.
 */
import type { WritableBlockDevice } from "../device/block-device.ts";
import { closedError } from "../device/calls-under-way.ts";
import { FileError, invariant, StateError, UsageError } from "../errors.ts";
import { formatExt4 } from "../ext4/format-ext4.ts";
import { openWritableExt4 } from "../ext4/writable-ext4-tree.ts";
import { SealedDevice, type SealedDeviceStats } from "../scratch/sealed-device.ts";
import type { SealedDeviceOptions } from "../scratch/sealed-options.ts";
import type { Timestamp } from "../tree/attributes.ts";
import type { FileTree, TreeOptions } from "../tree/file-tree.ts";
import type { WritableFileTree } from "../tree/writable-file-tree.ts";
import { WritableTreeFiles } from "../tree/writable-tree-files.ts";
import { closeInOrder } from "./close-order.ts";
import type { OverlayUpper } from "./overlay-state.ts";

/** How a scratch disk is made. `closeDevice` closes the host's device with the disk. */
export interface ScratchDiskOptions extends SealedDeviceOptions {
  /** The clock of its files; the platform's unless given. */
  readonly now?: () => Timestamp;
  /** Aborts the making. */
  readonly signal?: AbortSignal;
}

/** A container's directory on a scratch disk. */
export interface ScratchSpace {
  /** What an overlay takes. */
  readonly upper: OverlayUpper;
  /** Lets go of the disk; the files stay on it, as long as it is open, until `ScratchDisk.remove`. */
  release(): Promise<void>;
  /** Removes the files and lets go: as if nobody had ever been there. */
  discard(): Promise<void>;
}

interface DiskParts {
  readonly device: SealedDevice;
  readonly tree: WritableFileTree;
}

/** Known to this file alone: nobody else makes a disk that is not sealed. */
const key = Symbol("scratch disk");

/** The guest's name for the folder of the containers' own. */
const folderName = "scratch";

/** Container ids as containerd takes them, and none that means something in a path. */
const containerPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** A sealed disk with a file system. Only `mountScratch` makes one; `ScratchDisk.isOne` tells it from anything else. */
export class ScratchDisk implements AsyncDisposable {
  readonly #parts: DiskParts;
  readonly #users: Set<string> = new Set();
  #isReleased = false;
  #closing: Promise<void> | undefined;

  /** Not to be called: see `mountScratch`. */
  constructor(parts: DiskParts, secret: symbol) {
    invariant(secret === key, "a scratch disk is made by mountScratch");
    this.#parts = parts;
    Object.freeze(this);
  }

  /** Whether something is a disk that `mountScratch` sealed, and not made to look like one. */
  static isOne(value: unknown): value is ScratchDisk {
    return typeof value === "object" && value !== null && #parts in value;
  }

  /** Names the disk in errors. */
  get name(): string {
    return this.#parts.device.name;
  }

  /** Containers that use the disk now. */
  get users(): readonly string[] {
    return [...this.#users];
  }

  /** The files of all containers, for looking at. */
  get tree(): FileTree {
    return this.#parts.tree;
  }

  /** What the sealed device has done and holds. */
  stats(): SealedDeviceStats {
    return this.#parts.device.stats();
  }

  /**
   * Makes a container's directory, and counts the container among the disk's users.
   *
   * @throws {UsageError} `invalid-argument` for an id that cannot be a directory's name.
   * @throws {StateError} `busy` where the id has a directory here already; `closed`.
   * @throws {FileError} `ENOSPC`.
   */
  async take(container: string, options: TreeOptions = {}): Promise<ScratchSpace> {
    checkContainer(container);
    this.#checkFree(container);
    if (this.#isReleased) throw closedError(this.name);
    this.#users.add(container);
    try {
      const upper = await this.#makeSpace(container, options);
      let isReleased = false;
      const release = async (): Promise<void> => {
        if (isReleased) return;
        isReleased = true;
        await this.#leave(container);
      };
      const discard = (): Promise<void> => this.#removeFiles(container, {}).finally(release);
      return { upper, release, discard };
    } catch (error) {
      await this.#leave(container);
      throw error;
    }
  }

  /** Whether a container has, or has had, a directory here that was not removed. */
  async holds(container: string, options: TreeOptions = {}): Promise<boolean> {
    checkContainer(container);
    try {
      await new WritableTreeFiles(this.#parts.tree).lstat(`/${folderName}/${container}`, options);
      return true;
    } catch (error) {
      if (error instanceof FileError && error.code === "ENOENT") return false;
      throw error;
    }
  }

  /**
   * Removes the files of a container that no longer uses the disk; its id can be used again then.
   *
   * @throws {StateError} `busy` where it does; `closed`.
   */
  async remove(container: string, options: TreeOptions = {}): Promise<void> {
    checkContainer(container);
    this.#checkFree(container);
    await this.#removeFiles(container, options);
  }

  /**
   * Lets go of the disk. With the last of its users, this caller among them, the file system and the sealed
   * device are closed and the key is wiped: now, or when the last container is closed.
   */
  close(): Promise<void> {
    this.#isReleased = true;
    return this.#closeUnused();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #removeFiles(container: string, options: TreeOptions): Promise<void> {
    const { tree } = this.#parts;
    const remove = (): Promise<void> =>
      new WritableTreeFiles(tree).rm(`/${folderName}/${container}`, {
        recursive: true,
        force: true,
        ...options,
      });
    try {
      await remove();
    } catch (error) {
      if (!(error instanceof StateError) || error.code !== "unflushed") throw error;
      // The disk may have failed once, and be well again.
      await tree.flush(options);
      await remove();
    }
  }

  async #leave(container: string): Promise<void> {
    this.#users.delete(container);
    await this.#closeUnused();
  }

  async #closeUnused(): Promise<void> {
    if (!this.#isReleased || this.#users.size > 0) return;
    const { tree, device } = this.#parts;
    this.#closing ??= closeInOrder([tree, device]);
    await this.#closing;
  }

  #checkFree(container: string): void {
    if (!this.#users.has(container)) return;
    throw new StateError("busy", `${this.name} is in use by container ${container}: close that first`, {
      at: { device: this.name },
    });
  }

  async #makeSpace(container: string, options: TreeOptions): Promise<OverlayUpper> {
    const { tree } = this.#parts;
    const files = new WritableTreeFiles(tree);
    const home = `/${folderName}/${container}`;
    try {
      await files.mkdir(home, options);
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== "EEXIST") throw error;
      const message = `container ${container} was on ${this.name} before, and its files still are: remove them, or take another id`;
      throw new StateError("busy", message, { at: { device: this.name } });
    }
    try {
      await files.mkdir(`${home}/upper`, options);
      await files.mkdir(`${home}/work`, options);
      const [upper, work] = [
        await files.resolve(`${home}/upper`, options),
        await files.resolve(`${home}/work`, options),
      ];
      return { tree, upper: upper.node, work: work.node };
    } catch (error) {
      // Whatever the signal says by now; and what failed first is what is told.
      await this.#removeFiles(container, {}).catch(() => undefined);
      throw error;
    }
  }
}

/**
 * Seals a disk of the host's under a key that is made here, and makes a file system on it. What the
 * disk holds counts for nothing.
 *
 * @param below not to be used by anybody else. Stays its owner's to close, unless `closeDevice` is set.
 * @throws {UsageError} as `SealedDevice.create` and `formatExt4`, for a disk that is too small.
 * @throws {DeviceError} where the host's disk fails.
 */
export async function mountScratch(
  below: WritableBlockDevice,
  { now, signal, ...sealing }: ScratchDiskOptions = {},
): Promise<ScratchDisk> {
  signal?.throwIfAborted();
  const device = await SealedDevice.create(below, sealing);
  try {
    // What was never written to a sealed device is zeros.
    await formatExt4(device, { isZero: true, ...(now && { time: now() }), ...(signal && { signal }) });
    const tree = await openWritableExt4(device, { ...(now && { now }), ...(signal && { signal }) });
    await new WritableTreeFiles(tree).mkdir(`/${folderName}`, signal && { signal });
    return new ScratchDisk({ device, tree }, key);
  } catch (error) {
    await device.close();
    throw error;
  }
}

/**
 * Checks a container's id.
 *
 * @throws {UsageError} `invalid-argument` for one that cannot be a directory's name.
 */
export function checkContainer(container: string): void {
  if (typeof container === "string" && containerPattern.test(container)) return;
  const message = `a container's id has 1 to 128 letters, digits, dots, hyphens and underscores, a letter or digit first`;
  throw new UsageError("invalid-argument", message, { at: { field: "container" } });
}
