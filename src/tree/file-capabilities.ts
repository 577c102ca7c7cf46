/**
 * What Linux's common layer takes from a file that changes: whoever changes its content takes its
 * capabilities (`security.capability`), the superuser too; whoever gives it another owner, also
 * set-user-id and, of a file that its group may execute, set-group-id (`file_remove_privs` and
 * `chown_common`).
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import type { AttributeChanges, WritableFileTree } from "./writable-file-tree.ts";

const capabilityName = "security.capability";

const setUserId = 0o4000;
const setGroupId = 0o2000;
const groupExecutes = 0o010;

/** The files of one tree; an open file is asked once, until somebody sets a capability again. */
export class FileCapabilities {
  readonly #tree: WritableFileTree;
  readonly #name: Uint8Array = new TextEncoder().encode(capabilityName);
  #settings = 0;

  /** @param tree stays its owner's to close. */
  constructor(tree: WritableFileTree) {
    this.#tree = tree;
  }

  /** An extended attribute is about to be set. */
  noteSetting(name: Uint8Array): void {
    if (latin1FromBytes(name) === capabilityName) this.#settings += 1;
  }

  /** How often a capability was set. */
  get settings(): number {
    return this.#settings;
  }

  /**
   * For one open file: takes its capabilities before its content changes.
   *
   * @param settings when it is known to have had none.
   */
  forOpenFile(settings?: number): (node: TreeNode, options?: TreeOptions) => Promise<void> | undefined {
    let asked = settings;
    const take = async (now: number, node: TreeNode, options?: TreeOptions): Promise<void> => {
      await this.take(node, options);
      asked = now;
    };
    return (node, options) => (asked === this.#settings ? undefined : take(this.#settings, node, options));
  }

  /** Takes a node's capabilities, where it has any. */
  async take(node: TreeNode, options?: TreeOptions): Promise<void> {
    if ((await this.#tree.getxattr(node, this.#name, options)) === undefined) return;
    try {
      await this.#tree.removexattr(node, this.#name, options);
    } catch (error) {
      // Somebody else took them at the same time.
      if (!(error instanceof FileError) || error.code !== "ENODATA") throw error;
    }
  }

  /** Gives a node another owner. @param owner what is absent stays. */
  async changeOwner(
    node: TreeNode,
    owner: { readonly uid?: number; readonly gid?: number },
    options?: TreeOptions,
  ): Promise<void> {
    const { type, permissions } = await this.#tree.getattr(node, options);
    const changes: AttributeChanges = { ...owner };
    if (type === "directory" || type === "symlink") {
      await this.#tree.setattr(node, changes, options);
      return;
    }
    const group = permissions & groupExecutes ? setGroupId : 0;
    const kept = permissions & ~(setUserId | group);
    const lost = kept === permissions ? {} : { permissions: kept };
    await this.take(node, options);
    await this.#tree.setattr(node, { ...changes, ...lost }, options);
  }
}
