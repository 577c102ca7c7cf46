/** A file of an ext4 image that is open for reading. */
import { StateError, UsageError } from "../errors.ts";
import type { FileStretch, OpenFile, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { Content } from "./file-content.ts";

/** Runs a call of the tree's, so that closing the tree waits for it. */
export type RunCall = <Result>(options: TreeOptions, call: () => Promise<Result>) => Promise<Result>;

/** An open file. Made by `Ext4Tree.open`. */
export class Ext4File implements OpenFile {
  readonly node: TreeNode;
  readonly #run: RunCall;
  #content: Content | undefined;

  /** @param run of the tree that the file is of. */
  constructor(node: TreeNode, content: Content, run: RunCall) {
    this.node = node;
    this.#content = content;
    this.#run = run;
  }

  read(offsetBytes: number, into: Uint8Array, options: TreeOptions = {}): Promise<number> {
    return this.#run(options, async () => {
      const content = this.#open(offsetBytes);
      const lengthBytes = Math.max(0, Math.min(into.length, content.sizeBytes - offsetBytes));
      if (lengthBytes > 0) await content.read(offsetBytes, into.subarray(0, lengthBytes), options);
      return lengthBytes;
    });
  }

  nextData(offsetBytes: number, options: TreeOptions = {}): Promise<FileStretch | undefined> {
    return this.#run(options, () => this.#open(offsetBytes).nextData(offsetBytes, options));
  }

  async close(): Promise<void> {
    this.#content = undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The content, for a use at an offset. */
  #open(offsetBytes: number): Content {
    if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0) {
      throw new UsageError("invalid-argument", `${offsetBytes} is no offset in a file`, {
        at: { inode: this.node.inode },
      });
    }
    if (this.#content !== undefined) return this.#content;
    throw new StateError("closed", `the file of inode ${this.node.inode} is closed: open it anew`, {
      at: { inode: this.node.inode },
    });
  }
}
