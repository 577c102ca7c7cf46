/** Every node below a directory, one after the other. */
import { FormatError } from "../errors.ts";
import type { NodeAttributes } from "./attributes.ts";
import type { DirectoryEntry, FileTree, TreeNode, TreeOptions } from "./file-tree.ts";
import { joinNames } from "./path.ts";

/** A node that a walk came by. */
export interface WalkedNode {
  /** The directory that it was found in; undefined for those directly below the start. */
  readonly parent: WalkedNode | undefined;
  readonly name: Uint8Array;
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
  /** 1 for those directly below the start. */
  readonly depth: number;
}

/** The names that lead from a walk's start to a node, joined by slashes; built anew at each call. */
export function walkedPath(walked: WalkedNode): Uint8Array {
  const names: Uint8Array[] = [];
  for (let at: WalkedNode | undefined = walked; at !== undefined; at = at.parent) names.push(at.name);
  return joinNames(names.reverse(), false);
}

/** Makes sure that a walk ends: no directory is entered by two names. */
export class EnteredDirectories {
  readonly #treeName: string;
  readonly #inodes: Set<number> = new Set();

  /** @param treeName names the tree in the error. */
  constructor(treeName: string) {
    this.#treeName = treeName;
  }

  /**
   * Notes a directory.
   *
   * @throws {FormatError} `bad-field` where it was noted before: a hard link to a directory, or a circle.
   */
  enter({ inode }: TreeNode): void {
    if (this.#inodes.has(inode)) {
      throw new FormatError(
        "bad-field",
        `${this.#treeName}: the directory of inode ${inode} has more than one name: refuse the image`,
        { at: { device: this.#treeName, inode } },
      );
    }
    this.#inodes.add(inode);
  }
}

/**
 * All nodes below a directory, each directory before what is in it, each in the
 * file system's own order. Memory grows with the number of directories (8 bytes
 * or so each) and the depth, not with the number of files.
 *
 * @param start the root unless set; is not itself among what is walked.
 * @throws {FormatError} `bad-field` where a directory is come by twice; what the tree throws.
 */
export async function* walkTree(
  tree: FileTree,
  start: TreeNode = tree.root,
  options: TreeOptions = {},
): AsyncGenerator<WalkedNode, void, undefined> {
  const entered = new EnteredDirectories(tree.name);
  const open: { readonly entries: AsyncIterator<DirectoryEntry>; readonly parent: WalkedNode | undefined }[] =
    [];
  const enter = (node: TreeNode, parent: WalkedNode | undefined): void => {
    entered.enter(node);
    open.push({ entries: tree.readdir(node, 0, options)[Symbol.asyncIterator](), parent });
  };
  try {
    enter(start, undefined);
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const { value: entry, done } = await level.entries.next();
      if (done) {
        open.pop();
        continue;
      }
      const { parent } = level;
      const { name, node } = entry;
      const attributes = await tree.getattr(node, options);
      const walked = { parent, name, node, attributes, depth: open.length };
      yield walked;
      if (attributes.type === "directory") enter(node, walked);
    }
  } finally {
    for (const { entries } of open.reverse()) await entries.return?.();
  }
}
