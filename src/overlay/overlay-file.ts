/** An open file of the merged tree. */
import { closedError } from "../device/calls-under-way.ts";
import type { FileStretch, OpenFile, TreeOptions } from "../tree/file-tree.ts";
import type { AllocateOptions, WritableOpenFile } from "../tree/writable-file-tree.ts";
import type { FileOfNode, OverlayNode } from "./overlay-node.ts";

/** What an open file asks of its tree. */
interface FileOwner {
  readonly name: string;
  /** Counts a call as one under way. */
  run<Result>(options: TreeOptions, call: () => Promise<Result>): Promise<Result>;
}

/**
 * A file that is open for reading. When its node is copied up it goes on with the copy, so that it
 * sees what is written there, as since Linux 4.19; mappings of memory, which do not, are not offered.
 */
export class OverlayFile implements OpenFile, FileOfNode {
  readonly node: OverlayNode;
  #file: OpenFile;
  readonly #owner: FileOwner;
  #isClosed = false;
  /** The lower layer's file, after it went on with the copy: calls under way may still use it. */
  #left: OpenFile | undefined;

  /** @param isOfLower it is open on a lower layer's content. */
  constructor(node: OverlayNode, file: OpenFile, owner: FileOwner, isOfLower: boolean) {
    this.node = node;
    this.#file = file;
    this.#owner = owner;
    node.openFiles += 1;
    if (!isOfLower) return;
    node.lowerFiles ??= new Set();
    node.lowerFiles.add(this);
  }

  read(offsetBytes: number, into: Uint8Array, options: TreeOptions = {}): Promise<number> {
    return this.call(options, () => this.#file.read(offsetBytes, into, options));
  }

  nextData(offsetBytes: number, options: TreeOptions = {}): Promise<FileStretch | undefined> {
    return this.call(options, () => this.#file.nextData(offsetBytes, options));
  }

  moveUp(upper: OpenFile): void {
    // Reads that are under way go on with the old file: it is closed with this one.
    this.#left = this.#file;
    this.#file = upper;
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.node.openFiles -= 1;
    this.node.lowerFiles?.delete(this);
    return this.#left === undefined ? this.#file.close() : closeBoth(this.#file, this.#left);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a call of the file's. */
  protected call<Result>(options: TreeOptions, use: () => Promise<Result>): Promise<Result> {
    return this.#owner.run(options, () => {
      if (this.#isClosed) throw closedError(this.#owner.name);
      return use();
    });
  }
}

async function closeBoth(one: OpenFile, other: OpenFile): Promise<void> {
  await Promise.all([one.close(), other.close()]);
}

/** A file of the upper's that is open for reading and writing. */
export class WritableOverlayFile extends OverlayFile implements WritableOpenFile {
  readonly #upper: WritableOpenFile;

  constructor(node: OverlayNode, upper: WritableOpenFile, owner: FileOwner) {
    super(node, upper, owner, false);
    this.#upper = upper;
  }

  write(offsetBytes: number, from: Uint8Array, options: TreeOptions = {}): Promise<number> {
    return this.call(options, () => this.#upper.write(offsetBytes, from, options));
  }

  append(
    from: Uint8Array,
    options: TreeOptions = {},
  ): Promise<{ readonly offsetBytes: number; readonly writtenBytes: number }> {
    return this.call(options, () => this.#upper.append(from, options));
  }

  truncate(sizeBytes: number, options: TreeOptions = {}): Promise<void> {
    return this.call(options, () => this.#upper.truncate(sizeBytes, options));
  }

  allocate(offsetBytes: number, lengthBytes: number, options: AllocateOptions = {}): Promise<void> {
    return this.call(options, () => this.#upper.allocate(offsetBytes, lengthBytes, options));
  }

  punchHole(offsetBytes: number, lengthBytes: number, options: TreeOptions = {}): Promise<void> {
    return this.call(options, () => this.#upper.punchHole(offsetBytes, lengthBytes, options));
  }
}
