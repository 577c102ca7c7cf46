/** An open file of a writable memory tree. */
import { StateError } from "../../src/errors.ts";
import type { Timestamp } from "../../src/tree/attributes.ts";
import type { FileStretch, TreeNode, TreeOptions } from "../../src/tree/file-tree.ts";
import type { AllocateOptions, WritableOpenFile } from "../../src/tree/writable-file-tree.ts";
import { type MemoryContent, pageBytes } from "./memory-content.ts";
import { check, type MemoryInode } from "./memory-inode.ts";

/** What the tree does for its open files. */
export interface MemoryFileOwner {
  readonly limitBytes: number;
  enter(options?: TreeOptions): void;
  now(): Timestamp;
  /** False where there are not as many; gives back where negative. */
  takePages(count: number): boolean;
  close(): void;
}

export class MemoryFile implements WritableOpenFile {
  readonly node: TreeNode;
  readonly #inode: MemoryInode;
  readonly #owner: MemoryFileOwner;
  #open = true;

  constructor(inode: MemoryInode, node: TreeNode, owner: MemoryFileOwner) {
    this.node = node;
    this.#inode = inode;
    this.#owner = owner;
  }

  async read(offsetBytes: number, into: Uint8Array, options?: TreeOptions): Promise<number> {
    return this.#enter(options).read(offsetBytes, into);
  }

  async nextData(offsetBytes: number, options?: TreeOptions): Promise<FileStretch | undefined> {
    return this.#enter(options).nextData(offsetBytes);
  }

  async write(offsetBytes: number, from: Uint8Array, options?: TreeOptions): Promise<number> {
    return this.#write(this.#enter(options), offsetBytes, from);
  }

  async append(
    from: Uint8Array,
    options?: TreeOptions,
  ): Promise<{ readonly offsetBytes: number; readonly writtenBytes: number }> {
    const content = this.#enter(options);
    const offsetBytes = content.sizeBytes;
    return { offsetBytes, writtenBytes: this.#write(content, offsetBytes, from) };
  }

  async truncate(sizeBytes: number, options?: TreeOptions): Promise<void> {
    const content = this.#enter(options);
    check(sizeBytes <= this.#owner.limitBytes, "EFBIG");
    this.#giveBack(() => content.truncate(sizeBytes));
  }

  async allocate(offsetBytes: number, lengthBytes: number, options: AllocateOptions = {}): Promise<void> {
    const content = this.#enter(options);
    const endBytes = offsetBytes + lengthBytes;
    check(lengthBytes > 0, "EINVAL");
    check(endBytes <= this.#owner.limitBytes, "EFBIG");
    check(this.#owner.takePages(content.missingPages(offsetBytes, lengthBytes)), "ENOSPC");
    content.allocate(offsetBytes, lengthBytes);
    if (!options.keepSize && endBytes > content.sizeBytes) content.truncate(endBytes);
    this.#inode.touch(this.#owner.now());
  }

  async punchHole(offsetBytes: number, lengthBytes: number, options?: TreeOptions): Promise<void> {
    const content = this.#enter(options);
    check(lengthBytes > 0, "EINVAL");
    this.#giveBack(() => content.punch(offsetBytes, lengthBytes));
  }

  async close(): Promise<void> {
    if (this.#open) this.#owner.close();
    this.#open = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enter(options?: TreeOptions): MemoryContent {
    this.#owner.enter(options);
    if (!this.#open) throw new StateError("closed", "the file is closed");
    return this.#inode.content;
  }

  #write(content: MemoryContent, offsetBytes: number, from: Uint8Array): number {
    if (from.length === 0) return 0;
    const { limitBytes } = this.#owner;
    check(offsetBytes < limitBytes, "EFBIG");
    const part = from.subarray(0, limitBytes - offsetBytes);
    const writtenBytes = content.write(offsetBytes, part, () => this.#owner.takePages(1));
    check(writtenBytes > 0, "ENOSPC");
    this.#inode.touch(this.#owner.now());
    return writtenBytes;
  }

  #giveBack(change: () => void): void {
    const { content } = this.#inode;
    const before = content.allocatedBytes;
    change();
    this.#owner.takePages((content.allocatedBytes - before) / pageBytes);
    this.#inode.touch(this.#owner.now());
  }
}
