/** All that can be seen of a tree of files, in one form for the kernel's view of it and for ours. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { modeOf, type NodeAttributes, type Timestamp } from "../../src/tree/attributes.ts";
import type { FileTree, TreeNode } from "../../src/tree/file-tree.ts";
import { walkedPath, walkTree } from "../../src/tree/walk.ts";

/** What one name shows. Texts of bytes are latin-1: a character each. */
export interface SeenNode {
  readonly inode: number;
  readonly mode: string;
  readonly links: number;
  readonly owner: string;
  readonly device: string;
  readonly sizeBytes: number;
  readonly allocatedBytes: number;
  readonly times: readonly (bigint | undefined)[];
  /** SHA-256 of a file, target of a symlink. */
  readonly content: string | undefined;
  /** `name=hex`, sorted. */
  readonly xattrs: readonly string[];
}

/** By path below the root, `""` for the root itself. */
export type Snapshot = ReadonlyMap<string, SeenNode>;

const pieceBytes = 1 << 20;

/** The paths at which two snapshots differ, with what each of them shows there; one that has no such path shows nothing. */
export function differencesOf(seen: Snapshot, expected: Snapshot): unknown[] {
  const paths = [...new Set([...seen.keys(), ...expected.keys()])].sort();
  return paths.flatMap((path) => {
    const sides = { seen: seen.get(path), expected: expected.get(path) };
    return isDeepStrictEqual(sides.seen, sides.expected) ? [] : [{ path, ...sides }];
  });
}

/** What the kernel shows below a folder. Without times of creation where `birth` is false. */
export function kernelSnapshot(folder: string, { birth = true }: { birth?: boolean } = {}): Snapshot {
  const xattrs = kernelXattrs(folder);
  const snapshot = new Map<string, SeenNode>();
  const see = (path: string): void => {
    const full = Buffer.from(path === "" ? folder : `${folder}/${path}`, "latin1");
    const stats = lstatSync(full, { bigint: true });
    const rdev = Number(stats.rdev);
    snapshot.set(path, {
      inode: Number(stats.ino),
      mode: `0${Number(stats.mode).toString(8)}`,
      links: Number(stats.nlink),
      owner: `${stats.uid}:${stats.gid}`,
      device: `${(rdev >>> 8) & 0xfff}:${(rdev & 0xff) | ((rdev / 2 ** 12) & 0xfff00)}`,
      sizeBytes: Number(stats.size),
      allocatedBytes: Number(stats.blocks) * 512,
      times: [stats.atimeNs, stats.mtimeNs, stats.ctimeNs, birth ? stats.birthtimeNs : undefined],
      content: stats.isFile()
        ? hashOf(full, Number(stats.size))
        : stats.isSymbolicLink()
          ? readlinkSync(full, "buffer").toString("latin1")
          : undefined,
      xattrs: xattrs.get(path) ?? [],
    });
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(full, "buffer")) {
      see(path === "" ? name.toString("latin1") : `${path}/${name.toString("latin1")}`);
    }
  };
  see("");
  return snapshot;
}

/** What a tree of ours shows. */
export async function treeSnapshot(tree: FileTree): Promise<Snapshot> {
  const snapshot = new Map<string, SeenNode>();
  snapshot.set("", await seeNode(tree, tree.root, await tree.getattr(tree.root)));
  for await (const walked of walkTree(tree)) {
    const path = Buffer.from(walkedPath(walked)).toString("latin1");
    snapshot.set(path, await seeNode(tree, walked.node, walked.attributes));
  }
  return snapshot;
}

async function seeNode(tree: FileTree, node: TreeNode, attributes: NodeAttributes): Promise<SeenNode> {
  const { type, createdAt } = attributes;
  return {
    inode: attributes.inode,
    mode: `0${modeOf(attributes).toString(8)}`,
    links: attributes.linkCount,
    owner: `${attributes.uid}:${attributes.gid}`,
    device: `${attributes.deviceMajor}:${attributes.deviceMinor}`,
    sizeBytes: attributes.sizeBytes,
    allocatedBytes: attributes.allocatedBytes,
    times: [attributes.accessedAt, attributes.modifiedAt, attributes.changedAt, createdAt].map(toNs),
    content:
      type === "file"
        ? await hashOfNode(tree, node, attributes.sizeBytes)
        : type === "symlink"
          ? Buffer.from(await tree.readlink(node)).toString("latin1")
          : undefined,
    xattrs: await xattrsOf(tree, node),
  };
}

function toNs(time: Timestamp | undefined): bigint | undefined {
  return time && time.seconds * 1_000_000_000n + BigInt(time.nanoseconds);
}

async function xattrsOf(tree: FileTree, node: TreeNode): Promise<string[]> {
  const found: string[] = [];
  for (const name of await tree.listxattr(node)) {
    const value = await tree.getxattr(node, name);
    found.push(`${Buffer.from(name).toString("latin1")}=${Buffer.from(value ?? []).toString("hex")}`);
  }
  return found.sort();
}

async function hashOfNode(tree: FileTree, node: TreeNode, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await tree.open(node);
  const piece = new Uint8Array(pieceFor(sizeBytes));
  for (let at = 0; ; at += piece.length) {
    const readBytes = await file.read(at, piece);
    hash.update(piece.subarray(0, readBytes));
    if (readBytes < piece.length) break;
  }
  await file.close();
  return hash.digest("hex");
}

/** Room for all of a small file, and for a byte more than it should have. */
function pieceFor(sizeBytes: number): number {
  return Math.min(sizeBytes + 1, pieceBytes);
}

function hashOf(path: Buffer, sizeBytes: number): string {
  const hash = createHash("sha256");
  const file = openSync(path, "r");
  const piece = Buffer.alloc(pieceFor(sizeBytes));
  for (;;) {
    const readBytes = readSync(file, piece);
    if (readBytes === 0) break;
    hash.update(piece.subarray(0, readBytes));
  }
  closeSync(file);
  return hash.digest("hex");
}

/** By path, from `getfattr`, which has no other way to tell names that are not text. */
function kernelXattrs(folder: string): Map<string, string[]> {
  const args = ["-R", "-P", "-h", "-d", "-m", "-", "-e", "hex", "--absolute-names", folder];
  const output = execFileSync("getfattr", args, { maxBuffer: 1 << 28 }).toString("latin1");
  const found = new Map<string, string[]>();
  for (const part of output.split("\n\n")) {
    const [head = "", ...lines] = part.split("\n").filter((line) => line !== "");
    if (!head.startsWith("# file: ")) continue;
    const path = withoutEscapes(head.slice("# file: ".length)).slice(folder.length + 1);
    found.set(
      path,
      lines.map((line) => withoutEscapes(line.replace(/=0x/, "=")).replace(/=0s$/, "=")).sort(),
    );
  }
  return found;
}

/** `\012` and the like stand for a byte. */
function withoutEscapes(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
