/** Open files of a tree of ours, as operation lists use them: what the kernel checks of them, this checks. */
import { FileError, type FileErrorCode } from "../../../src/errors.ts";
import type { TreeNode } from "../../../src/tree/file-tree.ts";
import type { WritableFileTree, WritableOpenFile } from "../../../src/tree/writable-file-tree.ts";
import { ownerChanges, timeChanges } from "./attribute-changes.ts";
import { contentOf, shownBytes } from "./operation.ts";
import { finalPath, placeOf, walkIfThere } from "./tree-paths.ts";
import { attributesText } from "./tree-snapshot.ts";

/** An open file and what it was opened for. */
export interface OpenHandle {
  readonly file: WritableOpenFile;
  readonly reads: boolean;
  readonly writes: boolean;
  readonly appends: boolean;
}

/** Opens as `open(2)` with Node's flags. @returns a word instead of a handle for what lists do not open. */
export async function openHandle(
  tree: WritableFileTree,
  path = "",
  flags = "",
  mode = "",
): Promise<OpenHandle | string> {
  const exclusive = flags.includes("x");
  const writes = flags !== "r";
  const final = exclusive ? path : await finalPath(tree, path);
  const there = await walkIfThere(tree, final);
  check(!there || !exclusive, "EEXIST");
  check(there !== undefined || !flags.startsWith("r"), "ENOENT");
  if (there?.attributes.type === "directory") {
    check(!writes, "EISDIR");
    return "directory";
  }
  if (there && there.attributes.type !== "file") return "special";
  const node = there?.node ?? (await createFile(tree, final, mode));
  // What is opened for reading alone must not be copied up by an overlay.
  const file = writes ? await tree.openWritable(node) : ((await tree.open(node)) as WritableOpenFile);
  if (there && flags.startsWith("w")) await file.truncate(0);
  return { file, reads: !writes || flags.includes("+"), writes, appends: flags.startsWith("a") };
}

async function createFile(tree: WritableFileTree, path: string, mode: string): Promise<TreeNode> {
  const { directory, name } = await placeOf(tree, path);
  return tree.create(directory, name, { type: "file", permissions: Number.parseInt(mode, 8) });
}

function check(condition: boolean, code: FileErrorCode): void {
  if (!condition) throw new FileError(code, "a handle");
}

type HandleVerb = (tree: WritableFileTree, handle: OpenHandle, ...args: string[]) => Promise<unknown>;

/** What can be done with a handle, by verb. */
export const handleVerbs: ReadonlyMap<string, HandleVerb> = new Map<string, HandleVerb>(
  Object.entries({
    close: (_tree: WritableFileTree, { file }: OpenHandle) => file.close(),
    async read(_tree: WritableFileTree, handle: OpenHandle, offset: string, length: string) {
      check(handle.reads, "EBADF");
      const into = new Uint8Array(Number(length));
      return shownBytes(into.subarray(0, await handle.file.read(Number(offset), into)));
    },
    async write(_tree: WritableFileTree, handle: OpenHandle, offset: string, length: string, seed: string) {
      check(handle.writes, "EBADF");
      const from = contentOf(Number(length), Number(seed));
      if (!handle.appends) return `${await handle.file.write(Number(offset), from)}`;
      return `${(await handle.file.append(from)).writtenBytes}`;
    },
    async ftruncate(_tree: WritableFileTree, handle: OpenHandle, size: string) {
      check(handle.writes, "EINVAL");
      await handle.file.truncate(Number(size));
    },
    async allocate(
      _tree: WritableFileTree,
      handle: OpenHandle,
      offset: string,
      length: string,
      keep?: string,
    ) {
      check(handle.writes, "EBADF");
      check(Number(length) > 0, "EINVAL");
      await handle.file.allocate(Number(offset), Number(length), { keepSize: keep !== undefined });
    },
    async punch(_tree: WritableFileTree, handle: OpenHandle, offset: string, length: string) {
      check(handle.writes, "EBADF");
      check(Number(length) > 0, "EINVAL");
      await handle.file.punchHole(Number(offset), Number(length));
    },
    async stretches(_tree: WritableFileTree, { file }: OpenHandle) {
      const found: string[] = [];
      for (let at = 0; ; ) {
        const stretch = await file.nextData(at);
        if (stretch === undefined) return found.join(" ");
        found.push(`${stretch.offsetBytes}+${stretch.lengthBytes}`);
        at = stretch.offsetBytes + stretch.lengthBytes;
      }
    },
    async fstat(tree: WritableFileTree, { file }: OpenHandle) {
      return attributesText(await tree.getattr(file.node));
    },
    fchmod: (tree: WritableFileTree, { file }: OpenHandle, mode: string) =>
      tree.setattr(file.node, { permissions: Number.parseInt(mode, 8) }),
    async fchown(tree: WritableFileTree, { file }: OpenHandle, uid: string, gid: string) {
      await tree.setattr(file.node, ownerChanges(await tree.getattr(file.node), uid, gid));
    },
    async futimens(tree: WritableFileTree, { file }: OpenHandle, accessed: string, modified: string) {
      if (accessed === "-" && modified === "-") return;
      await tree.setattr(file.node, timeChanges(accessed, modified));
    },
    fsync: (tree: WritableFileTree) => tree.flush(),
  }),
);
