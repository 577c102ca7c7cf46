/** Makes the calls of operation lists on a tree of ours. */
import { bytesFromLatin1, latin1FromBytes } from "../../../src/bytes/latin1.ts";
import { FileError } from "../../../src/errors.ts";
import type { NodeType } from "../../../src/tree/attributes.ts";
import type { TreeNode } from "../../../src/tree/file-tree.ts";
import type { SetXattrOptions, WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import { ownerChanges, timeChanges } from "./attribute-changes.ts";
import { escaped, shownBytes, wordsOf } from "./operation.ts";
import { handleVerbs, type OpenHandle, openHandle } from "./tree-handles.ts";
import { type Following, type Place, placeOf, walk } from "./tree-paths.ts";
import { attributesText } from "./tree-snapshot.ts";

/** Makes calls on one tree, one after the other. */
export class TreeExecutor {
  readonly tree: WritableFileTree;
  readonly #handles: Map<string, OpenHandle> = new Map();

  constructor(tree: WritableFileTree) {
    this.tree = tree;
  }

  /** Makes one call. @returns the line of its answer. @throws what is no `FileError`. */
  async answer(line: string): Promise<string> {
    const { verb, args } = wordsOf(line);
    try {
      const said = await this.#call(verb, args);
      return typeof said !== "string" || said === "" ? "ok" : `ok ${said}`;
    } catch (error) {
      if (error instanceof FileError) return error.code;
      throw new Error(`${line}: ${error}`, { cause: error });
    }
  }

  /** Lets go of all handles. */
  async closeHandles(): Promise<void> {
    for (const { file } of this.#handles.values()) await file.close();
    this.#handles.clear();
  }

  async #call(verb: string, args: readonly string[]): Promise<unknown> {
    const onPath = pathVerbs.get(verb);
    if (onPath) return onPath(this, ...args);
    const [name = "", ...rest] = args;
    const handle = this.#handles.get(name);
    if (verb === "open") {
      const opened = await openHandle(this.tree, ...rest);
      if (typeof opened !== "string") this.#handles.set(name, opened);
      return opened;
    }
    const onHandle = handleVerbs.get(verb);
    if (!onHandle) throw new Error("no such operation");
    if (!handle) throw new FileError("EBADF", "no handle");
    if (verb === "close") this.#handles.delete(name);
    return onHandle(this.tree, handle, ...rest);
  }

  /** The node of a path. */
  async node(path: string, following: Following = "nofollow"): Promise<TreeNode> {
    return (await walk(this.tree, path, following)).node;
  }

  /** The directory of a path's last name, and that name. */
  place(path: string): Promise<Place> {
    return placeOf(this.tree, path);
  }
}

const octal = (text: string): number => Number.parseInt(text, 8);

const pathVerbs: ReadonlyMap<string, (executor: TreeExecutor, ...args: string[]) => Promise<unknown>> =
  new Map(
    Object.entries({
      sync: ({ tree }: TreeExecutor) => tree.flush(),
      async truncate(executor: TreeExecutor, path: string, size: string): Promise<void> {
        await using file = await executor.tree.openWritable(await executor.node(path, "follow"));
        await file.truncate(Number(size));
      },
      async mkdir(executor: TreeExecutor, path: string, mode: string): Promise<void> {
        const { directory, name } = await executor.place(path);
        // mkdir(2) takes no set-ID bits.
        const what = { type: "directory", permissions: octal(mode) & 0o1777 } as const;
        await executor.tree.create(directory, name, what);
      },
      async mknod(
        executor: TreeExecutor,
        path: string,
        type: string,
        mode: string,
        major = "0",
        minor = "0",
      ): Promise<void> {
        const { directory, name } = await executor.place(path);
        await executor.tree.create(directory, name, {
          type: type as NodeType,
          permissions: octal(mode),
          deviceMajor: Number(major),
          deviceMinor: Number(minor),
        });
      },
      async symlink(executor: TreeExecutor, target: string, path: string): Promise<void> {
        const { directory, name } = await executor.place(path);
        const what = { type: "symlink", permissions: 0o777, target: bytesFromLatin1(target) } as const;
        await executor.tree.create(directory, name, what);
      },
      async link(executor: TreeExecutor, from: string, to: string): Promise<void> {
        const node = await executor.node(from);
        const { directory, name } = await executor.place(to);
        await executor.tree.link(node, directory, name);
      },
      async unlink(executor: TreeExecutor, path: string): Promise<void> {
        const { directory, name } = await executor.place(path);
        await executor.tree.unlink(directory, name);
      },
      async rmdir(executor: TreeExecutor, path: string): Promise<void> {
        const { directory, name } = await executor.place(path);
        await executor.tree.rmdir(directory, name);
      },
      async rename(executor: TreeExecutor, from: string, to: string, ...how: string[]): Promise<void> {
        const old = await executor.place(from);
        const { directory, name } = await executor.place(to);
        const onto = how.includes("refuse") ? "refuse" : how.includes("exchange") ? "exchange" : "replace";
        const options = { onto, whiteout: how.includes("whiteout") } as const;
        await executor.tree.rename(old.directory, old.name, directory, name, options);
      },
      async chmod(executor: TreeExecutor, path: string, mode: string): Promise<void> {
        await executor.tree.setattr(await executor.node(path, "follow"), { permissions: octal(mode) });
      },
      async lchown(executor: TreeExecutor, path: string, uid: string, gid: string): Promise<void> {
        const node = await executor.node(path);
        await executor.tree.setattr(node, ownerChanges(await executor.tree.getattr(node), uid, gid));
      },
      async utimens(executor: TreeExecutor, path: string, accessed: string, modified: string): Promise<void> {
        // With nothing to do the kernel does not even look.
        if (accessed === "-" && modified === "-") return;
        await executor.tree.setattr(await executor.node(path), timeChanges(accessed, modified));
      },
      async setxattr(
        executor: TreeExecutor,
        path: string,
        name: string,
        hex: string,
        only?: string,
      ): Promise<void> {
        const options = only === undefined ? {} : { only: only as NonNullable<SetXattrOptions["only"]> };
        const value = new Uint8Array(Buffer.from(hex === "-" ? "" : hex, "hex"));
        // Before the path is walked.
        if (name.length > 255) throw new FileError("ERANGE", "setxattr");
        await executor.tree.setxattr(await executor.node(path), bytesFromLatin1(name), value, options);
      },
      async getxattr(executor: TreeExecutor, path: string, name: string): Promise<string> {
        const value = await executor.tree.getxattr(await executor.node(path), bytesFromLatin1(name));
        // What no file system could have is refused above them all.
        if (!/^(?:user|trusted|security|system)\./.test(name)) throw new FileError("ENOTSUP", "getxattr");
        if (value === undefined) throw new FileError("ENODATA", "getxattr");
        return shownBytes(value);
      },
      async listxattr(executor: TreeExecutor, path: string): Promise<string> {
        return sortedNames(await executor.tree.listxattr(await executor.node(path)));
      },
      async removexattr(executor: TreeExecutor, path: string, name: string): Promise<void> {
        await executor.tree.removexattr(await executor.node(path), bytesFromLatin1(name));
      },
      async readdir(executor: TreeExecutor, path: string): Promise<string> {
        const names: Uint8Array[] = [];
        for await (const { name } of executor.tree.readdir(await executor.node(path))) names.push(name);
        return sortedNames(names);
      },
      async readlink(executor: TreeExecutor, path: string): Promise<string> {
        return escaped(latin1FromBytes(await executor.tree.readlink(await executor.node(path))));
      },
      async lstat(executor: TreeExecutor, path: string): Promise<string> {
        return attributesText(await executor.tree.getattr(await executor.node(path)));
      },
      async stat(executor: TreeExecutor, path: string): Promise<string> {
        return attributesText(await executor.tree.getattr(await executor.node(path, "follow")));
      },
    }),
  );

function sortedNames(names: readonly Uint8Array[]): string {
  return names
    .map((name) => latin1FromBytes(name))
    .sort()
    .map(escaped)
    .join(" ");
}
