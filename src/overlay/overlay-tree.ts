/** An overlay of file trees, as Linux's overlayfs merges them: its changing side. */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type {
  AttributeChanges,
  NewNode,
  RenameOptions,
  SetXattrOptions,
  WritableFileTree,
  WritableOpenFile,
} from "../tree/writable-file-tree.ts";
import { CopyUp } from "./copy-up.ts";
import { keptName } from "./marks.ts";
import { MergedTree } from "./merged-tree.ts";
import { NameChanges } from "./name-changes.ts";
import { WritableOverlayFile } from "./overlay-file.ts";
import { OverlayNode } from "./overlay-node.ts";
import type { OverlayState } from "./overlay-state.ts";
import { Renames } from "./renames.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** What changes an overlay; not there where it is read-only. */
interface Changes {
  readonly tree: WritableFileTree;
  readonly copyUp: CopyUp;
  readonly names: NameChanges;
  readonly renames: Renames;
}

const xattrNameLimitBytes = 255;
const xattrValueLimitBytes = 65_536;
const accessAcl = "system.posix_acl_access";
const defaultAcl = "system.posix_acl_default";

/** The merged tree. Made by `openOverlay`; read-only (`EROFS`) where it has no upper. */
export class OverlayTree extends MergedTree implements WritableFileTree {
  readonly #changes: Changes | undefined;

  /** Made by `openOverlay`. */
  constructor(state: OverlayState, work: WorkDirectory | undefined) {
    super(state);
    if (work === undefined) return;
    const copyUp = new CopyUp(state, work);
    const names = new NameChanges(state, work, copyUp);
    this.#changes = { tree: work.tree, copyUp, names, renames: new Renames(names) };
  }

  openWritable(node: TreeNode, options: TreeOptions = {}): Promise<WritableOpenFile> {
    const { state } = this;
    const changes = this.#changes;
    const upper = node instanceof OverlayNode && node.content === undefined ? node.upper : undefined;
    if (changes !== undefined && upper !== undefined) {
      // All of it is in the upper already: others may go on meanwhile.
      return state.run(options, async () => {
        const own = this.#file(node);
        return new WritableOverlayFile(own, await changes.tree.openWritable(upper), state);
      });
    }
    return this.#change("open", options, async ({ tree, copyUp }) => {
      const own = this.#file(node);
      return new WritableOverlayFile(own, await tree.openWritable(await copyUp.file(own, options)), state);
    });
  }

  create(directory: TreeNode, name: Uint8Array, what: NewNode, options: TreeOptions = {}): Promise<TreeNode> {
    return this.#changeName(directory, name, "mknod", options, ({ names }, parent) =>
      names.create(parent, name, what, options),
    );
  }

  link(node: TreeNode, directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#changeName(directory, name, "link", options, ({ names }, parent) =>
      names.link(this.state.node(node, "link"), parent, name, options),
    );
  }

  unlink(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#change("unlink", options, ({ names }) =>
      names.unlink(this.#living(directory, "unlink"), name, options),
    );
  }

  rmdir(directory: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#change("rmdir", options, ({ names }) =>
      names.rmdir(this.#living(directory, "rmdir"), name, options),
    );
  }

  rename(
    fromDirectory: TreeNode,
    fromName: Uint8Array,
    toDirectory: TreeNode,
    toName: Uint8Array,
    options: RenameOptions = {},
  ): Promise<void> {
    return this.#change("rename", options, ({ renames }) => {
      const from = { parent: this.#living(fromDirectory, "rename"), name: fromName };
      const to = { parent: this.#living(toDirectory, "rename"), name: toName };
      return renames.rename(from, to, options);
    });
  }

  setattr(node: TreeNode, changes: AttributeChanges, options: TreeOptions = {}): Promise<void> {
    return this.#change("setattr", options, async ({ tree, copyUp }) => {
      await tree.setattr(await copyUp.node(this.state.node(node, "setattr"), options), changes);
    });
  }

  setxattr(
    node: TreeNode,
    name: Uint8Array,
    value: Uint8Array,
    options: SetXattrOptions = {},
  ): Promise<void> {
    return this.#change("setxattr", options, async ({ tree, copyUp }) => {
      const own = this.state.node(node, "setxattr");
      checkXattr(own, name, "setxattr");
      if (value.length > xattrValueLimitBytes) throw new FileError("E2BIG", "setxattr");
      const text = latin1FromBytes(name);
      if (own.type === "symlink" && (text === accessAcl || text === defaultAcl)) {
        throw new FileError("ENOTSUP", "setxattr");
      }
      if (text === defaultAcl && !own.isDirectory && saysSomething(value)) {
        throw new FileError("EACCES", "setxattr");
      }
      const kept = keptName(name, "setxattr");
      const { only } = options;
      await tree.setxattr(await copyUp.node(own, options), kept, value, only && { only });
    });
  }

  removexattr(node: TreeNode, name: Uint8Array, options: TreeOptions = {}): Promise<void> {
    return this.#change("removexattr", options, async ({ tree, copyUp }) => {
      const own = this.state.node(node, "removexattr");
      checkXattr(own, name, "removexattr");
      const kept = keptName(name, "removexattr");
      if (own.upper === undefined) {
        const { layer, node: real } = this.state.place(own);
        const value = await layer.tree.getxattr(real, kept, options);
        if (value === undefined) throw new FileError("ENODATA", "removexattr");
      }
      await tree.removexattr(await copyUp.node(own, options), kept);
    });
  }

  /** As `WritableFileTree.flush`: the upper's. Read-only, there is nothing to flush. */
  flush(options: TreeOptions = {}): Promise<void> {
    return this.state.run(options, async () => {
      await this.#changes?.tree.flush(options);
    });
  }

  /** Runs what changes the tree, alone. */
  #change<Result>(
    syscall: string,
    options: TreeOptions,
    call: (changes: Changes) => Promise<Result>,
  ): Promise<Result> {
    const changes = this.#changes;
    if (changes !== undefined) return this.state.change(options, () => call(changes));
    return this.state.run(options, async () => {
      throw new FileError("EROFS", syscall);
    });
  }

  /** As `#change`, for what makes a name: one that is there is `EEXIST` also where nothing can be made. */
  #changeName<Result>(
    directory: TreeNode,
    name: Uint8Array,
    syscall: string,
    options: TreeOptions,
    call: (changes: Changes, parent: OverlayNode) => Promise<Result>,
  ): Promise<Result> {
    if (this.#changes !== undefined) {
      return this.#change(syscall, options, (changes) => call(changes, this.#living(directory, syscall)));
    }
    return this.state.look(options, async () => {
      const parent = this.#living(directory, syscall);
      const { node } = await this.state.names.find(parent, name, options);
      throw new FileError(node === undefined ? "EROFS" : "EEXIST", syscall);
    });
  }

  #file(node: TreeNode): OverlayNode {
    const own = this.state.node(node, "open");
    if (own.isDirectory) throw new FileError("EISDIR", "open");
    if (own.type !== "file") throw new FileError("EINVAL", "open");
    return own;
  }

  /** A directory in which names can be: not one that was removed. */
  #living(directory: TreeNode, syscall: string): OverlayNode {
    const own = this.state.anyNode(directory);
    if (own.isRemoved) throw new FileError("ENOENT", syscall);
    return this.state.directory(own, syscall);
  }
}

/** What the kernel's common layer checks before a file system is asked (`fs/xattr.c`). */
function checkXattr({ type }: OverlayNode, name: Uint8Array, syscall: string): void {
  if (name.length === 0 || name.length > xattrNameLimitBytes) throw new FileError("ERANGE", syscall);
  const isOfUser = latin1FromBytes(name).startsWith("user.");
  if (isOfUser && type !== "file" && type !== "directory") throw new FileError("EPERM", syscall);
}

/** An ACL without entries takes away the one that is there: behind its head of four bytes there is nothing. */
function saysSomething(acl: Uint8Array): boolean {
  return acl.length > 4;
}
