/** Golden images, opened and read back: the tree is the one that their tars make. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { latin1FromBytes } from "../../src/bytes/latin1.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { openLayer } from "../../src/layer/opened-layer.ts";
import type { FileTree, NodeAttributes, Timestamp, TreeNode } from "../../src/tree/index.ts";
import { walkedPath, walkTree } from "../../src/tree/index.ts";
import { convertedTree, type ExpectedNode, expectedPaths } from "./converted-tree.ts";
import { goldenLayers, goldenTar, imageBytes } from "./golden-images.ts";

const stamp = ({ seconds, nanoseconds }: Timestamp): string => `${seconds}.${nanoseconds}`;

async function contentSha256(tree: FileTree, node: TreeNode, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  await using file = await tree.open(node);
  const piece = new Uint8Array(1 << 20);
  for (let at = 0; at < sizeBytes; ) {
    const read = await file.read(at, piece);
    hash.update(piece.subarray(0, read));
    at += read;
  }
  return hash.digest("hex");
}

/** As the model has it, without what the model has no word for. */
async function described(tree: FileTree, node: TreeNode, attributes: NodeAttributes): Promise<object> {
  const { type, permissions, uid, gid, sizeBytes, deviceMajor, deviceMinor } = attributes;
  const isFile = type === "file";
  return {
    type,
    permissions,
    uid,
    gid,
    times: [attributes.modifiedAt, attributes.accessedAt, attributes.changedAt].map(stamp),
    device: `${deviceMajor}:${deviceMinor}`,
    target: type === "symlink" ? latin1FromBytes(await tree.readlink(node)) : "",
    sizeBytes: isFile || type === "symlink" ? sizeBytes : 0,
    contentSha256: isFile ? await contentSha256(tree, node, sizeBytes) : "",
  };
}

async function xattrsOf(tree: FileTree, node: TreeNode): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await tree.listxattr(node)) {
    const value = await tree.getxattr(node, name);
    if (value !== undefined) found.set(latin1FromBytes(name), latin1FromBytes(value));
  }
  return found;
}

/** ACLs are stored as they came, and shown in another form or not at all. */
const comparable = (xattrs: Map<string, string>): [string, string][] =>
  [...xattrs].filter(([name]) => !name.startsWith("system.posix_acl")).sort(([a], [b]) => (a < b ? -1 : 1));

test.each(goldenLayers)("$name reads back as its tar", async (golden) => {
  const rootHash = fromHex(golden.result.verity_root_hash);
  await using layer = await openLayer(new MemoryDevice(imageBytes(golden)), { rootHash });
  const { tree } = layer;
  const expected = expectedPaths(await convertedTree(goldenTar(golden.tar)));
  const inodes = new Map<ExpectedNode, number>();
  const seen: string[] = [];
  const found: unknown[] = [];
  const wanted: unknown[] = [];
  for await (const walked of walkTree(tree)) {
    const path = latin1FromBytes(walkedPath(walked));
    seen.push(path);
    if (path === "lost+found") continue;
    const { node, attributes } = walked;
    const model = expected.get(path) as ExpectedNode;
    const { xattrs, children: _, settings, ...rest } = model;
    const once = settings === 1;
    found.push({
      path,
      ...(await described(tree, node, attributes)),
      ...(once && { xattrs: comparable(await xattrsOf(tree, node)) }),
      inode: node.inode,
    });
    // Names of one file share an inode, names of several do not.
    const inode = inodes.get(model) ?? node.inode;
    inodes.set(model, inode);
    wanted.push({ path, ...rest, ...(once && { xattrs: comparable(xattrs) }), inode });
  }
  expect(found).toEqual(wanted);
  expect(new Set(inodes.values()).size).toBe(inodes.size);
  expect(seen.sort()).toEqual([...expected.keys(), "lost+found"].sort());
});
