/** A folder of the disk, copied into a tree of ours as `cp -a` copies it. */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { bytesFromLatin1 } from "../../../src/bytes/latin1.ts";
import type { Timestamp } from "../../../src/tree/attributes.ts";
import type { TreeNode } from "../../../src/tree/file-tree.ts";
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";

/** Copies directories, files and symlinks, with modes, owners and times. @returns how many bytes files have. */
export async function copyIntoTree(
  from: string,
  tree: WritableFileTree,
  directory: TreeNode,
  name: string,
): Promise<number> {
  const stats = lstatSync(from, { bigint: true });
  const { mode, uid, gid, atimeNs, mtimeNs } = stats;
  const isLink = stats.isSymbolicLink();
  const type = isLink ? "symlink" : stats.isDirectory() ? "directory" : "file";
  const node = await tree.create(directory, bytesFromLatin1(name), {
    type,
    permissions: Number(mode & 0o7777n),
    uid: Number(uid),
    gid: Number(gid),
    ...(isLink && { target: readlinkSync(from, "buffer") }),
  });
  let copiedBytes = 0;
  if (type === "directory") {
    for (const child of readdirSync(from)) {
      copiedBytes += await copyIntoTree(`${from}/${child}`, tree, node, child);
    }
  } else if (type === "file") {
    await using file = await tree.openWritable(node);
    copiedBytes = await file.write(0, readFileSync(from));
  }
  await tree.setattr(node, { accessedAt: timeOf(atimeNs), modifiedAt: timeOf(mtimeNs) });
  return copiedBytes;
}

function timeOf(nanoseconds: bigint): Timestamp {
  return { seconds: nanoseconds / 1_000_000_000n, nanoseconds: Number(nanoseconds % 1_000_000_000n) };
}
