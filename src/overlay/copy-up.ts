/**
 * Copies of lower layers' nodes in the upper (`fs/overlayfs/copy_up.c`): whole,
 * made in the work directory and put in place by one rename, after the
 * directories on the way. Whoever calls has the tree to itself.
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { OpenFile, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { NewNode, WritableFileTree, WritableOpenFile } from "../tree/writable-file-tree.ts";
import type { Layer, LayerNode } from "./layer.ts";
import { isPrivate, mark, yes } from "./marks.ts";
import type { OverlayNode } from "./overlay-node.ts";
import type { OverlayState } from "./overlay-state.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** What is copied at once. */
const pieceBytes = 1 << 20;

/** See the head of this file. */
export class CopyUp {
  readonly #state: OverlayState;
  readonly #work: WorkDirectory;
  readonly #tree: WritableFileTree;

  constructor(state: OverlayState, work: WorkDirectory) {
    this.#state = state;
    this.#work = work;
    this.#tree = work.tree;
  }

  /**
   * A node's place in the upper, made where there is none.
   *
   * @throws {FileError} `EEXIST` for a node without a name that never was copied, as the kernel has it: its
   *   place is taken by the whiteout. `ENOSPC`, and what else the upper answers.
   */
  async node(node: OverlayNode, options: TreeOptions): Promise<TreeNode> {
    const missing: OverlayNode[] = [];
    for (let at: OverlayNode | undefined = node; at !== undefined && at.upper === undefined; at = at.parent) {
      missing.push(at);
    }
    for (const next of missing.reverse()) await this.#copy(next, options);
    return node.upper as TreeNode;
  }

  /** As `node`, with the content of a file that had it in a lower layer. */
  async file(node: OverlayNode, options: TreeOptions): Promise<TreeNode> {
    const upper = await this.node(node, options);
    const { content } = node;
    if (content === undefined) return upper;
    const { sizeBytes, accessedAt, modifiedAt } = await this.#tree.getattr(upper, options);
    await this.#copyContent(content, upper, sizeBytes, options);
    await this.#tree.removexattr(upper, mark.metacopy);
    await this.#tree.setattr(upper, { accessedAt, modifiedAt });
    await moveFiles(node, await this.#openFor(node, upper));
    node.content = undefined;
    return upper;
  }

  /** Notes in a directory of the upper that something in it may be a copy. */
  async markImpure(directory: OverlayNode): Promise<void> {
    if (directory.isImpure === true) return;
    await this.#tree.setxattr(directory.upper as TreeNode, mark.impure, yes);
    directory.isImpure = true;
  }

  async #copy(node: OverlayNode, options: TreeOptions): Promise<void> {
    if (node.isRemoved) throw new FileError("EEXIST", "copyfile");
    const parent = node.parent as OverlayNode;
    const directory = parent.upper as TreeNode;
    const { accessedAt, modifiedAt } = await this.#tree.getattr(directory, options);
    const source = node.lowers[0] as LayerNode;
    const attributes = await source.layer.tree.getattr(source.node, options);
    const what = await newNodeLike(source, attributes, options);
    await this.markImpure(parent);
    const name = this.#work.newName();
    let copy: TreeNode;
    let files: readonly OpenFile[] = [];
    try {
      copy = await this.#tree.create(this.#work.node, name, what);
      await this.#fill(node, source, attributes, copy, options);
      files = await this.#openFor(node, copy);
      await this.#tree.rename(this.#work.node, name, directory, node.name as Uint8Array);
    } catch (error) {
      await Promise.allSettled(files.map((file) => file.close()));
      await this.#work.discard(name);
      throw error;
    }
    await moveFiles(node, files);
    parent.version += 1;
    this.#state.nodes.copiedUp(node, { layer: this.#state.upperLayer as Layer, node: copy });
    await this.#restoreTimes(directory, { accessedAt, modifiedAt });
  }

  /** The directory around a copy changed in nothing that its users see. */
  async #restoreTimes(
    directory: TreeNode,
    times: Pick<NodeAttributes, "accessedAt" | "modifiedAt">,
  ): Promise<void> {
    try {
      await this.#tree.setattr(directory, times);
    } catch {
      // As the kernel has it: the copy is made, whatever the times.
    }
  }

  async #fill(
    node: OverlayNode,
    source: LayerNode,
    attributes: NodeAttributes,
    copy: TreeNode,
    options: TreeOptions,
  ): Promise<void> {
    const { sizeBytes, permissions, uid, gid, accessedAt, modifiedAt } = attributes;
    if (node.type === "file") await this.#copyContent(node.content ?? source, copy, sizeBytes, options);
    await this.#copyXattrs(source, copy, options);
    if (!node.hasOtherNames) {
      await this.#tree.setxattr(copy, mark.origin, this.#state.numbers.handle(source));
    }
    const times = { accessedAt, modifiedAt };
    await this.#tree.setattr(copy, {
      uid,
      gid,
      ...(node.type !== "symlink" && { permissions }),
      ...times,
    });
  }

  async #copyXattrs({ layer, node }: LayerNode, copy: TreeNode, options: TreeOptions): Promise<void> {
    for (const name of await layer.tree.listxattr(node, options)) {
      if (isPrivate(name)) continue;
      const value = await layer.tree.getxattr(node, name, options);
      if (value === undefined) continue;
      try {
        await this.#tree.setxattr(copy, name, value);
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== "ENOTSUP" || mustBeCopied(name)) throw error;
      }
    }
  }

  /** Copies what is no hole. */
  async #copyContent(
    source: LayerNode,
    copy: TreeNode,
    sizeBytes: number,
    options: TreeOptions,
  ): Promise<void> {
    if (sizeBytes === 0) return;
    const from = await source.layer.tree.open(source.node, options);
    try {
      const to = await this.#tree.openWritable(copy, options);
      try {
        await copyStretches(from, to, sizeBytes, options);
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }

  /** A file of the upper's for each that is open on a node's content in a lower layer. */
  async #openFor(node: OverlayNode, upper: TreeNode): Promise<OpenFile[]> {
    const opened: OpenFile[] = [];
    try {
      for (let i = 0; i < (node.lowerFiles?.size ?? 0); i++) opened.push(await this.#tree.open(upper));
    } catch (error) {
      await Promise.allSettled(opened.map((file) => file.close()));
      throw error;
    }
    return opened;
  }
}

/** Hands each file that is open on a lower layer one of the upper's; those closed meanwhile leave theirs. */
async function moveFiles(node: OverlayNode, opened: readonly OpenFile[]): Promise<void> {
  const left = [...opened];
  for (const file of node.lowerFiles ?? []) {
    const upper = left.pop();
    if (upper !== undefined) file.moveUp(upper);
  }
  node.lowerFiles = undefined;
  await Promise.allSettled(left.map((file) => file.close()));
}

async function newNodeLike(
  { layer, node }: LayerNode,
  { type, uid, gid, deviceMajor, deviceMinor }: NodeAttributes,
  options: TreeOptions,
): Promise<NewNode> {
  const what = { type, permissions: 0, uid, gid, deviceMajor, deviceMinor };
  return type === "symlink" ? { ...what, target: await layer.tree.readlink(node, options) } : what;
}

/** `ovl_must_copy_xattr`: what would change who may do what. */
function mustBeCopied(name: Uint8Array): boolean {
  const text = latin1FromBytes(name);
  return text.startsWith("security.") || text.startsWith("system.posix_acl_");
}

async function copyStretches(
  from: OpenFile,
  to: WritableOpenFile,
  sizeBytes: number,
  options: TreeOptions,
): Promise<void> {
  let piece: Uint8Array | undefined;
  for (let at = 0; at < sizeBytes; ) {
    const stretch = await from.nextData(at, options);
    if (stretch === undefined || stretch.offsetBytes >= sizeBytes) break;
    piece ??= new Uint8Array(Math.min(pieceBytes, sizeBytes));
    const end = Math.min(stretch.offsetBytes + stretch.lengthBytes, sizeBytes);
    for (at = stretch.offsetBytes; at < end; ) {
      const part = piece.subarray(0, Math.min(piece.length, end - at));
      const readBytes = await from.read(at, part, options);
      // A lower layer's file ends where its attributes say, or else is a hole there.
      if (readBytes === 0) break;
      const written = await to.write(at, part.subarray(0, readBytes), options);
      if (written < readBytes) throw new FileError("ENOSPC", "copyfile");
      at += readBytes;
    }
    at = end;
  }
  await to.truncate(sizeBytes, options);
}
