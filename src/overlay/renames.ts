/** Renaming (`ovl_rename` of `fs/overlayfs/dir.c`). Whoever calls has the tree to itself. */
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { RenameOptions } from "../tree/writable-file-tree.ts";
import type { Layer } from "./layer.ts";
import { isPrivate, mark, yes } from "./marks.ts";
import type { NameChanges } from "./name-changes.ts";
import type { FoundName } from "./node-table.ts";
import type { OverlayNode } from "./overlay-node.ts";

/** A name in a directory. */
interface Place {
  readonly parent: OverlayNode;
  readonly name: Uint8Array;
}

/** See the head of this file. */
export class Renames {
  readonly #names: NameChanges;

  constructor(names: NameChanges) {
    this.#names = names;
  }

  /**
   * As `WritableFileTree.rename`.
   *
   * @throws {FileError} `EXDEV` for a directory of which a lower layer has a part; `EINVAL` where a whiteout is to be left.
   */
  async rename(from: Place, to: Place, options: RenameOptions): Promise<void> {
    const { onto = "replace", whiteout = false } = options;
    if (whiteout && onto === "exchange") throw new FileError("EINVAL", "rename");
    const { names } = this.#names.state;
    const old = await this.#names.existing(from.parent, from.name, "rename", options);
    const target = await names.find(to.parent, to.name, options);
    if (!mayRename(from, old, to, target.node, onto)) return;
    if (whiteout) throw new FileError("EINVAL", "rename");
    const exchanged = onto === "exchange" ? target.node : undefined;
    if (!canMove(old) || (exchanged && !canMove(exchanged))) throw new FileError("EXDEV", "rename");
    if (exchanged) await this.#exchange(from, old, to, exchanged, options);
    else await this.#replace(from, old, to, target, options);
  }

  async #exchange(
    from: Place,
    old: OverlayNode,
    to: Place,
    other: OverlayNode,
    options: TreeOptions,
  ): Promise<void> {
    const { copyUp, tree } = this.#names;
    await copyUp.node(old, options);
    const toUpper = await copyUp.node(to.parent, options);
    await copyUp.node(other, options);
    if (from.parent !== to.parent) {
      if (old.hasOrigin) await copyUp.markImpure(to.parent);
      if (other.hasOrigin) await copyUp.markImpure(from.parent);
    }
    await this.#hideLower(old, to.parent);
    await this.#hideLower(other, from.parent);
    await tree.rename(from.parent.upper as TreeNode, from.name, toUpper, to.name, { onto: "exchange" });
    this.#move(old, to);
    this.#move(other, from);
  }

  async #replace(
    from: Place,
    old: OverlayNode,
    to: Place,
    { node: replaced, isWhiteout }: FoundName,
    options: TreeOptions,
  ): Promise<void> {
    const { copyUp, tree, state } = this.#names;
    if (isWhiteout) await this.#names.checkWhiteout(to.parent, to.name, "rename", options);
    const isMerged = replaced?.isDirectory && !replaced.isPureUpper;
    const whiteouts = isMerged ? await this.#names.countWhiteouts(replaced, "rename", options) : 0;
    const leavesWhiteout = await this.#names.hasLower(from.parent, from.name, old, options);
    await copyUp.node(old, options);
    const fromUpper = from.parent.upper as TreeNode;
    const toUpper = await copyUp.node(to.parent, options);
    const isLast = replaced !== undefined && (await this.#names.isLastName(replaced));
    if (replaced !== undefined && whiteouts > 0) await this.#clear(replaced, to);
    if (from.parent !== to.parent && old.hasOrigin) await copyUp.markImpure(to.parent);
    await this.#hideLower(old, to.parent);
    // A whiteout that is in the way comes to where one is wanted, or is taken away there.
    const swaps = isWhiteout && (leavesWhiteout || old.isDirectory);
    await tree.rename(fromUpper, from.name, toUpper, to.name, {
      onto: swaps ? "exchange" : "replace",
      whiteout: leavesWhiteout && !swaps,
    });
    if (replaced !== undefined && isLast) state.nodes.removed(replaced);
    this.#move(old, to);
    state.names.changed(from.parent, from.name, { node: undefined, isWhiteout: leavesWhiteout || swaps });
    if (swaps && !leavesWhiteout) await this.#unlinkWhiteout(from);
  }

  #move(node: OverlayNode, to: Place): void {
    this.#names.state.names.changed(to.parent, to.name, { node, isWhiteout: false });
    if (!node.isDirectory) return;
    node.parent = to.parent;
    node.name = new Uint8Array(to.name);
  }

  /** A directory that comes where lower layers may have one of its name hides that. */
  async #hideLower(node: OverlayNode, parent: OverlayNode): Promise<void> {
    if (!node.isDirectory || node.isOpaque || parent.lowers.length === 0) return;
    await this.#names.tree.setxattr(node.upper as TreeNode, mark.opaque, yes);
    node.isOpaque = true;
  }

  /** Puts an empty opaque directory in the place of one in which there are whiteouts (`ovl_clear_empty`). */
  async #clear(node: OverlayNode, { parent, name }: Place): Promise<void> {
    const { tree, work, state } = this.#names;
    const upper = node.upper as TreeNode;
    const attributes = await tree.getattr(upper);
    const { uid, gid, permissions, accessedAt, modifiedAt } = attributes;
    const made = work.newName();
    try {
      const cleared = await tree.create(work.node, made, { type: "directory", permissions: 0, uid, gid });
      for (const xattr of await tree.listxattr(upper)) {
        const value = isPrivate(xattr) ? undefined : await tree.getxattr(upper, xattr);
        if (value !== undefined) await tree.setxattr(cleared, xattr, value);
      }
      await tree.setxattr(cleared, mark.opaque, yes);
      await tree.setattr(cleared, { uid, gid, permissions, accessedAt, modifiedAt });
      await tree.rename(work.node, made, parent.upper as TreeNode, name, { onto: "exchange" });
      state.nodes.cleared(node, { layer: state.upperLayer as Layer, node: cleared });
    } finally {
      await work.discard(made);
    }
  }

  /** Takes away a whiteout that hides nothing; where that fails it does no harm. */
  async #unlinkWhiteout({ parent, name }: Place): Promise<void> {
    try {
      await this.#names.tree.unlink(parent.upper as TreeNode, name);
      this.#names.state.names.changed(parent, name, { node: undefined, isWhiteout: false });
    } catch {
      // The rename is done.
    }
  }
}

/**
 * What the kernel's common layer sees to (`do_renameat2`, `vfs_rename`).
 *
 * @returns false where there is nothing to do: both names are one node's.
 */
function mayRename(
  from: Place,
  old: OverlayNode,
  to: Place,
  target: OverlayNode | undefined,
  onto: "replace" | "refuse" | "exchange",
): boolean {
  const refuse = (code: "ENOENT" | "EEXIST" | "EINVAL" | "ENOTEMPTY" | "ENOTDIR" | "EISDIR"): never => {
    throw new FileError(code, "rename");
  };
  if (onto === "refuse" && target !== undefined) refuse("EEXIST");
  if (onto === "exchange" && target === undefined) refuse("ENOENT");
  if (isWithin(to.parent, old)) refuse("EINVAL");
  if (target !== undefined && isWithin(from.parent, target)) {
    refuse(onto === "exchange" ? "EINVAL" : "ENOTEMPTY");
  }
  if (target === old) return false;
  if (target === undefined || onto === "exchange") return true;
  if (old.isDirectory && !target.isDirectory) refuse("ENOTDIR");
  if (!old.isDirectory && target.isDirectory) refuse("EISDIR");
  return true;
}

/** True for a directory itself, and for what it lies below. */
function isWithin(directory: OverlayNode, above: OverlayNode): boolean {
  if (!above.isDirectory) return false;
  for (let at: OverlayNode | undefined = directory; at !== undefined; at = at.parent) {
    if (at === above) return true;
  }
  return false;
}

function canMove(node: OverlayNode): boolean {
  return !node.isDirectory || node.isPureUpper;
}
