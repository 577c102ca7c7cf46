/**
 * What Linux's common layer takes from a file that changes: whoever changes its content takes its
 * capabilities (`security.capability`), the superuser too; whoever gives it another owner, also
 * set-user-id and, of a file that its group may execute, set-group-id (`file_remove_privs` and
 * `chown_common`).
 */
import { readU32Le } from "../bytes/codec.ts";
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "./file-tree.ts";
import type { AttributeChanges, WritableFileTree } from "./writable-file-tree.ts";

const capabilityName = "security.capability";

const setUserId = 0o4000;
const setGroupId = 0o2000;
const groupExecutes = 0o010;

/** The revisions of capabilities (`linux/capability.h`), by how many bytes each has. */
const revisions: ReadonlyMap<number, number> = new Map([
  [20, 0x02000000],
  [24, 0x03000000],
]);

/** Capabilities are a revision, a flag that says whether they are effective, and sets; nothing at all is let through. */
function areCapabilities(value: Uint8Array): boolean {
  if (value.length === 0) return true;
  const revision = revisions.get(value.length);
  return revision !== undefined && (readU32Le(value, 0) & ~1) === revision;
}

/** The files of one tree; an open file is asked once, until somebody sets a capability again. */
export class FileCapabilities {
  readonly #tree: WritableFileTree;
  readonly #name: Uint8Array = new TextEncoder().encode(capabilityName);
  #settings = 0;

  /** @param tree stays its owner's to close. */
  constructor(tree: WritableFileTree) {
    this.#tree = tree;
  }

  /**
   * An extended attribute is about to be set.
   *
   * @throws {FileError} `EINVAL` for capabilities in no form that Linux reads (`cap_convert_nscap`).
   */
  noteSetting(name: Uint8Array, value: Uint8Array): void {
    if (latin1FromBytes(name) !== capabilityName) return;
    if (!areCapabilities(value)) throw new FileError("EINVAL", "setxattr");
    this.#settings += 1;
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
