/** Directories, as `readdir` with `withFileTypes` and `opendir` show them. */
import { StateError } from "../errors.ts";
import type { NodeType } from "./attributes.ts";
import type { TreeNode } from "./file-tree.ts";
import { TypedNode } from "./typed-node.ts";

/** One entry, in the shape of Node's `fs.Dirent`. */
export class TreeDirent<Name extends string | Uint8Array = string> extends TypedNode {
  readonly name: Name;
  /** The path of the directory that the entry is in, as it was asked for, or come by below that. */
  readonly parentPath: Name;
  readonly node: TreeNode;
  readonly type: NodeType;

  /** @param type what the node is: its own word, where the directory does not say. */
  constructor(name: Name, parentPath: Name, node: TreeNode, type: NodeType) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.node = node;
    this.type = type;
  }
}

/** An open directory, in the shape of Node's `fs.Dir`: read entry by entry, or by `for await`. */
export class TreeDirectory<Name extends string | Uint8Array = string> implements AsyncDisposable {
  /** As it was asked for. */
  readonly path: Name;
  readonly #entries: AsyncGenerator<TreeDirent<Name>, void, undefined>;
  #closed = false;

  /** Made by `TreeFiles.opendir`. */
  constructor(path: Name, entries: AsyncGenerator<TreeDirent<Name>, void, undefined>) {
    this.path = path;
    this.#entries = entries;
  }

  /**
   * The next entry; `null` after the last.
   *
   * @throws {StateError} `closed`.
   */
  async read(): Promise<TreeDirent<Name> | null> {
    if (this.#closed) throw new StateError("closed", "the directory is closed");
    const { value, done } = await this.#entries.next();
    return done ? null : value;
  }

  /**
   * Lets go of the directory.
   *
   * @throws {StateError} `closed`, as Node does.
   */
  async close(): Promise<void> {
    if (this.#closed) throw new StateError("closed", "the directory is closed");
    this.#closed = true;
    await this.#entries.return();
  }

  /** What is left of the entries; closes the directory. */
  async *entries(): AsyncGenerator<TreeDirent<Name>, void, undefined> {
    try {
      for (let entry = await this.read(); entry !== null; entry = await this.read()) yield entry;
    } finally {
      await this[Symbol.asyncDispose]();
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<TreeDirent<Name>, void, undefined> {
    return this.entries();
  }

  /** As `close`, but no error where it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }
}
