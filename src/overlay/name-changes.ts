/**
 * Making, linking and removing names (`fs/overlayfs/dir.c`). Whoever calls has
 * the tree to itself. The order of checks is that of the kernel's common layer
 * (`fs/namei.c`), since what fails later may have copied up by then.
 */
import { FileError } from "../errors.ts";
import type { NodeType } from "../tree/attributes.ts";
import type { TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { NewNode, WritableFileTree } from "../tree/writable-file-tree.ts";
import type { CopyUp } from "./copy-up.ts";
import { isWhiteout, type Layer, type LayerNode } from "./layer.ts";
import { mark, yes } from "./marks.ts";
import type { ListedName } from "./merged-listing.ts";
import type { OverlayNode } from "./overlay-node.ts";
import type { OverlayState } from "./overlay-state.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** See the head of this file. */
export class NameChanges {
  readonly state: OverlayState;
  readonly work: WorkDirectory;
  readonly copyUp: CopyUp;
  readonly tree: WritableFileTree;

  constructor(state: OverlayState, work: WorkDirectory, copyUp: CopyUp) {
    this.state = state;
    this.work = work;
    this.copyUp = copyUp;
    this.tree = work.tree;
  }

  /** @throws {FileError} `EPERM` for a whiteout; as `WritableFileTree.create`. */
  async create(
    parent: OverlayNode,
    name: Uint8Array,
    what: NewNode,
    options: TreeOptions,
  ): Promise<OverlayNode> {
    const { names } = this.state;
    const there = await names.find(parent, name, options);
    if (there.node !== undefined) throw new FileError("EEXIST", "mknod");
    const { type, deviceMajor = 0, deviceMinor = 0 } = what;
    if (type === "characterDevice" && deviceMajor === 0 && deviceMinor === 0) {
      throw new FileError("EPERM", "mknod");
    }
    if (there.isWhiteout) await this.checkWhiteout(parent, name, "mknod", options);
    const directory = parent.upper ?? (await this.copyUp.node(parent, options));
    const upper = there.isWhiteout
      ? await this.#createOverWhiteout(directory, name, what)
      : await this.tree.create(directory, name, what);
    const node = this.#newNode(parent, name, type, upper);
    node.isOpaque = there.isWhiteout;
    names.changed(parent, name, { node, isWhiteout: false });
    return node;
  }

  /** As `WritableFileTree.link`. */
  async link(node: OverlayNode, parent: OverlayNode, name: Uint8Array, options: TreeOptions): Promise<void> {
    const there = await this.state.names.find(parent, name, options);
    if (there.node !== undefined) throw new FileError("EEXIST", "link");
    if (node.isDirectory) throw new FileError("EPERM", "link");
    if (node.isRemoved) throw new FileError("ENOENT", "link");
    if (there.isWhiteout) await this.checkWhiteout(parent, name, "link", options);
    const upper = await this.copyUp.node(node, options);
    const directory = await this.copyUp.node(parent, options);
    if (node.hasOrigin) await this.copyUp.markImpure(parent);
    if (there.isWhiteout) {
      const made = this.work.newName();
      await this.tree.link(upper, this.work.node, made);
      await this.#putInPlace(made, directory, name, "replace");
    } else {
      await this.tree.link(upper, directory, name);
    }
    // Looked up anew, as by the kernel: where it is empty, a mark of the file's may say that it is a whiteout.
    this.state.names.forget(parent, name);
  }

  /** As `WritableFileTree.unlink`. */
  async unlink(parent: OverlayNode, name: Uint8Array, options: TreeOptions): Promise<void> {
    const node = await this.existing(parent, name, "unlink", options);
    if (node.isDirectory) throw new FileError("EISDIR", "unlink");
    const leavesWhiteout = await this.hasLower(parent, name, node, options);
    const directory = await this.copyUp.node(parent, options);
    const isLast = await this.isLastName(node);
    if (leavesWhiteout) {
      await this.#putInPlace(await this.work.makeWhiteout(), directory, name, "replace");
    } else {
      await this.tree.unlink(directory, name);
    }
    this.state.names.changed(parent, name, { node: undefined, isWhiteout: leavesWhiteout });
    if (isLast) this.state.nodes.removed(node);
  }

  /** As `WritableFileTree.rmdir`. A directory in which there are whiteouts only is empty. */
  async rmdir(parent: OverlayNode, name: Uint8Array, options: TreeOptions): Promise<void> {
    const node = await this.existing(parent, name, "rmdir", options);
    if (!node.isDirectory) throw new FileError("ENOTDIR", "rmdir");
    const leavesWhiteout = await this.hasLower(parent, name, node, options);
    // Where it is only taken away, the upper itself sees to it that it is empty.
    const isOnlyRemoved = node.isPureUpper && !leavesWhiteout;
    const whiteouts = isOnlyRemoved ? 0 : await this.countWhiteouts(node, "rmdir", options);
    const directory = await this.copyUp.node(parent, options);
    if (leavesWhiteout) {
      const whiteout = await this.work.makeWhiteout();
      const onto = node.upper === undefined ? "replace" : "exchange";
      await this.#putInPlace(whiteout, directory, name, onto);
      // The directory has come to where the whiteout was.
      if (onto === "exchange") await this.work.discard(whiteout);
    } else if (whiteouts > 0) {
      const away = this.work.newName();
      await this.tree.rename(directory, name, this.work.node, away);
      await this.work.discard(away);
    } else {
      await this.tree.rmdir(directory, name);
    }
    this.state.names.changed(parent, name, { node: undefined, isWhiteout: leavesWhiteout });
    this.state.nodes.removed(node);
  }

  /** The node of a name. @throws {FileError} `ENOENT`; what its lookup is refused with. */
  async existing(
    parent: OverlayNode,
    name: Uint8Array,
    syscall: string,
    options: TreeOptions,
  ): Promise<OverlayNode> {
    const { node } = await this.state.names.find(parent, name, options);
    if (node === undefined) throw new FileError("ENOENT", syscall);
    return node;
  }

  /**
   * Looks once more whether the upper has a whiteout for a name, before that is overwritten: one in the form of a
   * file is none any more when something was written to it by another of its names.
   *
   * @throws {FileError} `ESTALE` where it has none; the name is looked up anew then.
   */
  async checkWhiteout(
    parent: OverlayNode,
    name: Uint8Array,
    syscall: string,
    options: TreeOptions,
  ): Promise<void> {
    const layer = this.state.upperLayer as Layer;
    const node = parent.upper && (await this.tree.lookup(parent.upper, name, options));
    if (node && (await isWhiteout({ layer, node }, await this.tree.getattr(node, options), options))) return;
    this.state.names.forget(parent, name);
    throw new FileError("ESTALE", syscall);
  }

  /** True where a lower layer has the name, so that a whiteout is left when it goes. */
  async hasLower(
    parent: OverlayNode,
    name: Uint8Array,
    node: OverlayNode,
    options: TreeOptions,
  ): Promise<boolean> {
    if (node.upper === undefined) return true;
    for (const { layer, node: directory } of parent.lowers) {
      const found = await layer.tree.lookup(directory, name, options);
      if (found === undefined) continue;
      const attributes = await layer.tree.getattr(found, options);
      return !(await isWhiteout({ layer, node: found }, attributes, options));
    }
    return false;
  }

  /** True where a name is the only one that a node has. */
  async isLastName(node: OverlayNode): Promise<boolean> {
    if (node.isDirectory || node.upper === undefined) return true;
    return (await this.tree.getattr(node.upper)).linkCount <= 1;
  }

  /**
   * How many whiteouts the upper has in an empty directory.
   *
   * @throws {FileError} `ENOTEMPTY` where it is not empty.
   */
  async countWhiteouts(node: OverlayNode, syscall: string, options: TreeOptions): Promise<number> {
    let whiteouts = 0;
    const { names } = await this.state.listings.of(node, options);
    for (const listed of names) {
      if (await this.#isHidden(node, listed, options)) whiteouts += listed.known.place === 0 ? 1 : 0;
      else throw new FileError("ENOTEMPTY", syscall);
    }
    return whiteouts;
  }

  /** A whiteout in the form of a file counts as a file here, as the kernel has it. */
  async #isHidden(node: OverlayNode, listed: ListedName, options: TreeOptions): Promise<boolean> {
    const { name, known, layer } = listed;
    try {
      const found = await this.state.names.find(node, name, options, known);
      if (found.node !== undefined) return false;
    } catch (error) {
      if (error instanceof FileError && error.code === "EPERM") return false;
      throw error;
    }
    return (await layer.tree.getattr(known.node, options)).type !== "file";
  }

  async #createOverWhiteout(directory: TreeNode, name: Uint8Array, what: NewNode): Promise<TreeNode> {
    const { made, name: place } = await this.work.makeLike(directory, async (where, newName, gid) => {
      const bit = gid !== undefined && what.type === "directory" ? 0o2000 : 0;
      const group = gid === undefined ? {} : { gid };
      const node = await this.tree.create(where, newName, {
        ...what,
        permissions: what.permissions | bit,
        ...group,
      });
      if (what.type === "directory") await this.tree.setxattr(node, mark.opaque, yes);
      return node;
    });
    const onto = what.type === "directory" ? "exchange" : "replace";
    await this.#putInPlace(place, directory, name, onto);
    if (onto === "exchange") await this.work.discard(place);
    return made;
  }

  /** Moves what was made in the work directory to where it belongs; where that fails, it is not needed any more. */
  async #putInPlace(
    made: Uint8Array,
    directory: TreeNode,
    name: Uint8Array,
    onto: "replace" | "exchange",
  ): Promise<void> {
    try {
      await this.tree.rename(this.work.node, made, directory, name, { onto });
    } catch (error) {
      await this.work.discard(made);
      throw error;
    }
  }

  #newNode(parent: OverlayNode, name: Uint8Array, type: NodeType, upper: TreeNode): OverlayNode {
    const place: LayerNode = { layer: this.state.upperLayer as Layer, node: upper };
    const merged = {
      type,
      upper,
      lowers: [],
      content: undefined,
      originNumber: undefined,
      hasOtherNames: false,
      isOpaque: false,
    };
    const node = this.state.nodes.node(merged, parent, name, this.state.numbers.of(place));
    node.isImpure = false;
    return node;
  }
}
