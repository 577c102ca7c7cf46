/** What is in a directory, and with `recursive` in all below it. */
import { FileError } from "../errors.ts";
import type { NodeType } from "./attributes.ts";
import { TreeDirent } from "./directory.ts";
import { type EncodingOptions, encode } from "./encoding.ts";
import type { DirectoryEntry, FileTree, TreeNode } from "./file-tree.ts";
import { joinNames, pathBytes, pathText, type TreePath } from "./path.ts";
import { walkPath, withPath } from "./path-walk.ts";
import { EnteredDirectories } from "./walk.ts";

/** How to list a directory. */
export interface ReaddirOptions extends EncodingOptions {
  readonly withFileTypes?: boolean;
  /** With all that is below, each directory before what is in it. */
  readonly recursive?: boolean;
}

/** A path longer than this is not built in a recursive listing: `walkTree` has no such limit. */
const listedPathLimitBytes = 65_536;

/** An entry that was come by. */
interface ListedEntry {
  readonly entry: DirectoryEntry;
  /** Leads from the listed directory to the one that the entry is in; empty for itself. */
  readonly below: Uint8Array;
  /** As the directory or the node says; `file` where nobody asked. */
  readonly type: NodeType;
}

/** One listing of one directory. */
export class Listing {
  readonly #tree: FileTree;
  readonly #path: TreePath;
  readonly #syscall: string;
  readonly #options: ReaddirOptions;

  /** @param syscall names the operation in errors. */
  constructor(tree: FileTree, path: TreePath, syscall: string, options: ReaddirOptions) {
    this.#tree = tree;
    this.#path = path;
    this.#syscall = syscall;
    this.#options = options;
  }

  /** The directory itself. @throws {FileError} as a walk to it; `ENOTDIR`. */
  directory(): Promise<TreeNode> {
    return withPath(this.#path, this.#syscall, async () => {
      const { node, attributes } = await walkPath(this.#tree, this.#path, this.#syscall, this.#options);
      if (attributes.type !== "directory") throw new FileError("ENOTDIR", this.#syscall);
      return node;
    });
  }

  /** Paths from the directory to all that is listed. */
  async *names(): AsyncGenerator<string | Uint8Array, void, undefined> {
    for await (const { below, entry } of this.#entries(await this.directory())) {
      yield encode(below.length === 0 ? entry.name : joinNames([below, entry.name], false), this.#options);
    }
  }

  /** All that is listed, with types. @param directory as `directory` gave it. */
  async *dirents(directory: TreeNode): AsyncGenerator<TreeDirent<string | Uint8Array>, void, undefined> {
    const top = pathBytes(this.#path);
    for await (const { below, entry, type } of this.#entries(directory)) {
      const parent = encode(below.length === 0 ? top : joinBelow(top, below), this.#options);
      yield new TreeDirent(encode(entry.name, this.#options), parent, entry.node, type);
    }
  }

  async *#entries(directory: TreeNode): AsyncGenerator<ListedEntry, void, undefined> {
    const entered = new EnteredDirectories(this.#tree.name);
    const levels: { readonly entries: AsyncIterator<DirectoryEntry>; readonly below: Uint8Array }[] = [];
    const enter = (node: TreeNode, below: Uint8Array): void => {
      entered.enter(node);
      const entries = this.#tree.readdir(node, 0, this.#options)[Symbol.asyncIterator]();
      levels.push({ entries, below });
    };
    try {
      enter(directory, new Uint8Array(0));
      for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
        const { entries, below } = level;
        const { value: entry, done } = await this.#named(below, () => entries.next());
        if (done) {
          levels.pop();
          continue;
        }
        const next = below.length === 0 ? entry.name : joinNames([below, entry.name], false);
        const type = await this.#named(next, () => this.#typeOf(entry));
        yield { below, entry, type };
        if (!this.#options.recursive || type !== "directory") continue;
        if (!(await this.#named(next, () => this.#isDirectory(entry)))) continue;
        if (next.length > listedPathLimitBytes) throw this.#error("ENAMETOOLONG", below);
        enter(entry.node, next);
      }
    } finally {
      for (const { entries } of levels.reverse()) await entries.return?.();
    }
  }

  /** A directory's word on an entry's type serves; where it has none, the node is asked. */
  async #typeOf({ type, node }: DirectoryEntry): Promise<NodeType> {
    const { withFileTypes = true, recursive = false } = this.#options;
    if (!withFileTypes && !recursive) return "file";
    return type ?? (await this.#tree.getattr(node, this.#options)).type;
  }

  /** Before it is entered, a directory is asked itself. */
  async #isDirectory({ node }: DirectoryEntry): Promise<boolean> {
    return (await this.#tree.getattr(node, this.#options)).type === "directory";
  }

  /** Runs an operation; its `FileError`s get the path that it was at: what was taken away meanwhile is `ENOENT`. */
  async #named<Result>(below: Uint8Array, operation: () => Promise<Result>): Promise<Result> {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof FileError) || error.path !== undefined) throw error;
      throw this.#error(error.code === "ESTALE" ? "ENOENT" : error.code, below);
    }
  }

  #error(code: FileError["code"], below: Uint8Array): FileError {
    const top = pathBytes(this.#path);
    return new FileError(
      code,
      this.#syscall,
      pathText(below.length === 0 ? this.#path : joinBelow(top, below)),
    );
  }
}

/** The path of what is below a path, which may end in a slash already. */
export function joinBelow(top: Uint8Array, below: Uint8Array): Uint8Array {
  const end = top.at(-1) === 0x2f ? top.length - 1 : top.length;
  return joinNames([top.subarray(0, end), below], false);
}
