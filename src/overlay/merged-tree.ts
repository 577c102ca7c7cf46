/** The reading side of an overlay. */
import { FileError } from "../errors.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import { checkCursor } from "../tree/directory-cursor.ts";
import type {
  DirectoryEntry,
  FileTree,
  OpenFile,
  TreeNode,
  TreeOptions,
  TreeStatistics,
} from "../tree/file-tree.ts";
import type { LayerNode } from "./layer.ts";
import { isPrivate, keptName, shownName } from "./marks.ts";
import { type ListedName, placeBehind } from "./merged-listing.ts";
import type { FoundName } from "./node-table.ts";
import { OverlayFile } from "./overlay-file.ts";
import type { OverlayNode } from "./overlay-node.ts";
import type { OverlayState } from "./overlay-state.ts";

/** `OVERLAYFS_SUPER_MAGIC`. */
const overlayMagic = 0x794c7630;

/** See the head of this file. `OverlayTree` is what users are handed. */
export class MergedTree implements FileTree {
  readonly name: string;
  readonly root: TreeNode;
  protected readonly state: OverlayState;

  constructor(state: OverlayState) {
    this.name = state.name;
    this.root = state.root;
    this.state = state;
  }

  async lookup(
    directory: TreeNode,
    name: Uint8Array,
    options: TreeOptions = {},
  ): Promise<TreeNode | undefined> {
    const { state } = this;
    state.enter(options);
    try {
      const parent = state.directory(directory, "lookup");
      return (state.names.remembered(parent, name) ?? (await this.#search(parent, name, options))).node;
    } finally {
      state.calls.leave();
    }
  }

  getattr(node: TreeNode, options: TreeOptions = {}): Promise<NodeAttributes> {
    return this.state.run(options, async () => {
      const own = this.state.node(node, "stat");
      const { layer, node: real } = this.state.place(own);
      const attributes = await layer.tree.getattr(real, options);
      const { content, isMerged, inode } = own;
      // What bears a lower layer's number bears it as long as the overlay is open.
      const isNumberOfUpper = layer.index === 0 && !own.hasOrigin && own.lowers.length === 0;
      return {
        ...attributes,
        inode,
        generation: isNumberOfUpper ? attributes.generation : 0,
        ...(isMerged && { linkCount: 1 }),
        ...(content && { allocatedBytes: (await attributesAt(content, options)).allocatedBytes }),
      };
    });
  }

  async *readdir(
    directory: TreeNode,
    cursor = 0,
    options: TreeOptions = {},
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    checkCursor(cursor);
    const { state } = this;
    const own = state.directory(directory, "readdir");
    if (own.isPureUpper) {
      yield* this.#readUpper(own, cursor, options);
      return;
    }
    const listing = await state.look(options, () => state.listings.of(own, options));
    for (let i = placeBehind(listing, cursor); i < listing.names.length; i++) {
      const listed = listing.names[i] as ListedName;
      const node = await this.#listedNode(own, listed, listing.version, options);
      if (node === undefined) continue;
      yield { name: listed.name.slice(), node, type: node.type, cursor: listed.cursor };
    }
  }

  readlink(node: TreeNode, options: TreeOptions = {}): Promise<Uint8Array> {
    return this.state.run(options, async () => {
      const { layer, node: real } = this.state.place(this.state.node(node, "readlink"));
      return await layer.tree.readlink(real, options);
    });
  }

  open(node: TreeNode, options: TreeOptions = {}): Promise<OpenFile> {
    const { state } = this;
    // Between its opening and its registration the node is not copied up.
    return state.look(options, async () => {
      const own = state.node(node, "open");
      const { layer, node: real } = own.content ?? state.place(own);
      const file = await layer.tree.open(real, options);
      return new OverlayFile(own, file, state, layer.index !== 0);
    });
  }

  listxattr(node: TreeNode, options: TreeOptions = {}): Promise<readonly Uint8Array[]> {
    return this.state.run(options, async () => {
      const { layer, node: real } = this.state.place(this.state.node(node, "listxattr"));
      const names = await layer.tree.listxattr(real, options);
      return names.filter((name) => !isPrivate(name)).map(shownName);
    });
  }

  getxattr(node: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<Uint8Array | undefined> {
    return this.state.run(options, async () => {
      const { layer, node: real } = this.state.place(this.state.node(node, "getxattr"));
      return await layer.tree.getxattr(real, keptName(name, "getxattr"), options);
    });
  }

  statfs(options: TreeOptions = {}): Promise<TreeStatistics> {
    return this.state.run(options, async () => {
      const { layer } = this.state.place(this.state.root);
      return { ...(await layer.tree.statfs(options)), magic: overlayMagic };
    });
  }

  close(): Promise<void> {
    return this.state.calls.close(async () => {
      this.state.names.clear();
      this.state.listings.clear();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #search(parent: OverlayNode, name: Uint8Array, options: TreeOptions): Promise<FoundName> {
    const { order, names } = this.state;
    const turn = order.beginRead();
    if (turn !== undefined) await turn;
    try {
      return await names.search(parent, name, options);
    } finally {
      order.endRead();
    }
  }

  /** A directory of the upper's alone never comes to be merged: its names and cursors are the upper's. */
  async *#readUpper(
    own: OverlayNode,
    cursor: number,
    options: TreeOptions,
  ): AsyncGenerator<DirectoryEntry, void, undefined> {
    const { layer, node: real } = this.state.place(own);
    const entries = layer.tree.readdir(real, cursor, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value: entry, done } = await this.state.run(options, () => entries.next());
        if (done) return;
        const listed = { ...entry, layer, known: { place: 0, node: entry.node } };
        // What the upper lists may be gone by now: its own word on the node does not count.
        const node = await this.#listedNode(own, listed, undefined, options);
        if (node === undefined) continue;
        yield { name: entry.name, node, type: node.type, cursor: entry.cursor };
      }
    } finally {
      await entries.return?.();
    }
  }

  /**
   * The node of a name that a layer listed; undefined where a whiteout hides it, or it is gone by now.
   *
   * @param version the directory's when that was; undefined where it is not known.
   */
  #listedNode(
    own: OverlayNode,
    listed: ListedName,
    version: number | undefined,
    options: TreeOptions,
  ): Promise<OverlayNode | undefined> {
    const { names } = this.state;
    const find = async (): Promise<OverlayNode | undefined> => {
      const known = own.version === version ? listed.known : undefined;
      try {
        return (await names.find(own, listed.name, options, known)).node;
      } catch (error) {
        if (!(error instanceof FileError) || error.code !== "EPERM") throw error;
        return await this.#refusedNode(listed, error, options);
      }
    };
    return this.state.look(options, find);
  }

  /** The kernel lists a name that it then refuses to look up. */
  async #refusedNode(
    { layer, known, type }: ListedName,
    refusal: FileError,
    options: TreeOptions,
  ): Promise<OverlayNode> {
    const place = { layer, node: known.node };
    return this.state.nodes.refused(place, type ?? (await attributesAt(place, options)).type, refusal);
  }
}

async function attributesAt({ layer, node }: LayerNode, options: TreeOptions): Promise<NodeAttributes> {
  return await layer.tree.getattr(node, options);
}
