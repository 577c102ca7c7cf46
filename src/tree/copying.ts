/** The content of one file made that of another: libuv's `copyfile`. */
import { FileError } from "../errors.ts";
import type { OpenFile, TreeOptions } from "./file-tree.ts";
import type { OpenDescription } from "./open-description.ts";
import { openFlagsOf } from "./open-flags.ts";
import { type OpenTarget, openPath } from "./opening.ts";
import type { TreePath } from "./path.ts";
import { walkPath } from "./path-walk.ts";

/** What is copied at once. */
const pieceBytes = 1 << 20;

/**
 * Copies a file: its content, its holes left as holes, and its mode.
 *
 * @param umask taken off the mode of a file that is made, until the copy has the source's own.
 * @throws {FileError} without a path: `EISDIR` for directories, `EEXIST` where it is `exclusive`.
 */
export async function copyContent(
  target: OpenTarget,
  source: TreePath,
  destination: TreePath,
  { exclusive, umask }: { readonly exclusive: boolean; readonly umask: number },
  options?: TreeOptions,
): Promise<void> {
  const { tree } = target;
  const { node, attributes } = await walkPath(tree, source, "copyfile", options);
  // Before the destination is touched: libuv makes it first, and takes it away again.
  if (attributes.type === "directory") throw new FileError("EISDIR", "copyfile");
  const { permissions } = attributes;
  const from = await tree.open(node, options);
  try {
    const flags = { ...openFlagsOf(exclusive ? "wx" : "w"), truncate: false };
    const into = await openPath(target, destination, flags, permissions & ~umask, options);
    try {
      if (into.node.inode === node.inode) return;
      await into.truncate(0, options);
      await tree.setattr(into.node, { permissions }, options);
      await copyStretches(from, into, options);
      const { sizeBytes } = await tree.getattr(node, options);
      if (sizeBytes > (await into.getattr(options)).sizeBytes) await into.truncate(sizeBytes, options);
    } finally {
      await into.close();
    }
  } finally {
    await from.close();
  }
}

/** What is no hole; a hole at the end is not made. */
async function copyStretches(from: OpenFile, into: OpenDescription, options?: TreeOptions): Promise<void> {
  const piece = new Uint8Array(pieceBytes);
  for (let at = 0; ; ) {
    const stretch = await from.nextData(at, options);
    if (stretch === undefined) return;
    at = stretch.offsetBytes;
    for (const stop = at + stretch.lengthBytes; at < stop; ) {
      const part = piece.subarray(0, Math.min(piece.length, stop - at));
      const readBytes = await from.read(at, part, options);
      if (readBytes === 0) return;
      for (let done = 0; done < readBytes; ) {
        done += await into.write(part.subarray(done, readBytes), at + done, options);
      }
      at += readBytes;
    }
  }
}
