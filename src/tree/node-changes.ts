/** Changes of what a node is, whether it was come by by its path or is open: modes, owners and times. */
import { UsageError } from "../errors.ts";
import type { FileCapabilities } from "./file-capabilities.ts";
import { type FileMode, permissionsOf } from "./file-mode.ts";
import { type FileTime, timestampOf } from "./file-times.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import type { AttributeChanges, WritableFileTree } from "./writable-file-tree.ts";

/** Leaves an owner as it is, as -1 does. */
const unchangedOwner = 0xffff_ffff;

/** A change, checked before the node is looked for. */
export type NodeChange = (node: TreeNode, options?: TreeOptions) => Promise<void>;

/** The changes that a tree's nodes can be put through. */
export class NodeChanges {
  readonly #tree: WritableFileTree;
  readonly #capabilities: FileCapabilities;

  /** @param tree stays its owner's to close. */
  constructor(tree: WritableFileTree, capabilities: FileCapabilities) {
    this.#tree = tree;
    this.#capabilities = capabilities;
  }

  /** As `chmod`. @throws {UsageError} `invalid-argument` for what is no mode. */
  mode(mode: FileMode): NodeChange {
    return this.#attributes({ permissions: permissionsOf(mode) });
  }

  /** As `chown`: -1 leaves as it is. @throws {UsageError} `invalid-argument` for what is no number of 32 bits. */
  owner(uid: number, gid: number): NodeChange {
    const owner = { ...ownerOf("uid", uid), ...ownerOf("gid", gid) };
    return (node, options) => this.#capabilities.changeOwner(node, owner, options);
  }

  /** As `utimes`. @throws {UsageError} `invalid-argument` for what is no time. */
  times(atime: FileTime, mtime: FileTime): NodeChange {
    return this.#attributes({ accessedAt: timestampOf(atime), modifiedAt: timestampOf(mtime) });
  }

  #attributes(changes: AttributeChanges): NodeChange {
    return (node, options) => this.#tree.setattr(node, changes, options);
  }
}

function ownerOf(key: "uid" | "gid", id: number): { readonly uid?: number; readonly gid?: number } {
  if (!Number.isInteger(id) || id < -1 || id > unchangedOwner) {
    throw new UsageError("invalid-argument", `${key} ${String(id)} is no number of 32 bits`);
  }
  return id === -1 || id === unchangedOwner ? {} : { [key]: id };
}
