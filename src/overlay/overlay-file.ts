/** An open file of the merged tree. */
import { closedError } from "../device/calls-under-way.ts";
import type { FileStretch, OpenFile, TreeOptions } from "../tree/file-tree.ts";
import type { AllocateOptions, WritableOpenFile } from "../tree/writable-file-tree.ts";
import type { FileOfNode, OverlayNode } from "./overlay-node.ts";

/**
 * A file that is open for reading. When its node is copied up it goes on with the copy, so that it
 * sees what is written there, as since Linux 4.19; mappings of memory, which do not, are not offered.
 */
export class OverlayFile implements OpenFile, FileOfNode {
  readonly node: OverlayNode;
  #file: OpenFile;
  readonly #run: <Result>(options: TreeOptions, call: () => Promise<Result>) => Promise<Result>;
  readonly #treeName: string;
  #isClosed = false;
  /** Files that calls under way may still use. */
  #left: OpenFile[] = [];

  /** @param run counts the tree's calls under way. */
  constructor(
    node: OverlayNode,
    file: OpenFile,
    treeName: string,
    run: <Result>(options: TreeOptions, call: () => Promise<Result>) => Promise<Result>,
  ) {
    this.node = node;
    this.#file = file;
    this.#treeName = treeName;
    this.#run = run;
    node.files.add(this);
  }

  read(offsetBytes: number, into: Uint8Array, options: TreeOptions = {}): Promise<number> {
    return this.call(options, () => this.#file.read(offsetBytes, into, options));
  }

  nextData(offsetBytes: number, options: TreeOptions = {}): Promise<FileStretch | undefined> {
    return this.call(options, () => this.#file.nextData(offsetBytes, options));
  }

  moveUp(upper: OpenFile): void {
    // Reads that are under way go on with the old file: it is closed with this one.
    this.#left.push(this.#file);
    this.#file = upper;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.node.files.delete(this);
    const files = [this.#file, ...this.#left];
    this.#left = [];
    await Promise.all(files.map((file) => file.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Runs a call of the file's. */
  protected call<Result>(options: TreeOptions, use: () => Promise<Result>): Promise<Result> {
    return this.#run(options, async () => {
      if (this.#isClosed) throw closedError(this.#treeName);
      return await use();
    });
  }
}

/** A file of the upper's that is open for reading and writing. */
export class WritableOverlayFile extends OverlayFile implements WritableOpenFile {
  readonly #upper: WritableOpenFile;

  constructor(
    node: OverlayNode,
    upper: WritableOpenFile,
    treeName: string,
    run: <Result>(options: TreeOptions, call: () => Promise<Result>) => Promise<Result>,
  ) {
    super(node, upper, treeName, run);
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
