/** Blocks in words. */
import type { BlockDifference } from "./block-differences.ts";
import { shownPath } from "./cause-text.ts";
import type { BlockOwner } from "./image-blocks.ts";

const kinds: Readonly<Record<BlockOwner["kind"], string>> = {
  superblock: "the superblock",
  descriptors: "the group descriptors",
  unused: "no file's",
  "block-bitmap": "the block bitmap",
  "inode-bitmap": "the inode bitmap",
  "inode-table": "the inode table",
  content: "content",
  directory: "the directory",
  symlink: "the target of the symlink",
  extents: "the extents",
  xattrs: "the attributes",
};

/** What a run of differing blocks is on both sides, and what differs first in it. */
export function ownerText({ a, b, aPath, bPath, detail }: BlockDifference): string {
  const ofA = sideText(a, aPath);
  const ofB = sideText(b, bPath);
  const what = ofA === ofB ? ofA : `${ofA} in A, ${ofB} in B`;
  return detail ? `${what}: ${detail.text}` : what;
}

function sideText(owner: BlockOwner | undefined, path: string | undefined): string {
  if (owner === undefined) return "nothing";
  if (owner.kind === "block-bitmap" || owner.kind === "inode-bitmap") {
    return `${kinds[owner.kind]} of group ${owner.group}`;
  }
  if (path !== undefined) {
    const of = owner.kind === "inode-table" ? "inode table" : kinds[owner.kind];
    return owner.kind === "inode-table" ? `the ${of}, at ${shownPath(path)}` : `${of} of ${shownPath(path)}`;
  }
  return "inode" in owner ? `${kinds[owner.kind]} of inode ${owner.inode}` : kinds[owner.kind];
}
