/**
 * What a tar becomes in a layer, by the rules alone and with no regard to blocks:
 * a second opinion to hold an opened image against.
 */
import { createHash } from "node:crypto";
import { latin1FromBytes } from "../../src/bytes/latin1.ts";
import { type TarEntry, type TarTime, tarType } from "../../src/tar/index.ts";
import type { NodeType } from "../../src/tree/index.ts";
import { type ReadEntry, readTar } from "../tar/read-tar.ts";

/** One inode; names and targets one character a byte. */
export interface ExpectedNode {
  type: NodeType;
  permissions: number;
  uid: number;
  gid: number;
  /** Modified, accessed, changed: as the kernel shows them. */
  times: readonly [string, string, string];
  device: string;
  target: string;
  sizeBytes: number;
  contentSha256: string;
  xattrs: Map<string, string>;
  children: Map<string, ExpectedNode>;
  /** How many entries set it: with more than one, attributes in a block are lost. */
  settings: number;
}

const nodeTypes: ReadonlyMap<number, NodeType> = new Map([
  [tarType.symlink, "symlink"],
  [tarType.characterDevice, "characterDevice"],
  [tarType.blockDevice, "blockDevice"],
  [tarType.directory, "directory"],
  [tarType.fifo, "fifo"],
]);

/** The tree of a tar that converts without an error, without `lost+found`. */
export async function convertedTree(tar: Uint8Array, convertWhiteouts = true): Promise<ExpectedNode> {
  const root = node("directory", { permissions: 0o755 });
  for (const read of await readTar([tar])) addEntry(root, read, convertWhiteouts);
  return root;
}

/** All nodes below by path, and hard links as what they share. */
export function expectedPaths(root: ExpectedNode): Map<string, ExpectedNode> {
  const found = new Map<string, ExpectedNode>();
  const walk = (at: ExpectedNode, path: string): void => {
    for (const [name, child] of at.children) {
      found.set(path + name, child);
      walk(child, `${path}${name}/`);
    }
  };
  walk(root, "");
  return found;
}

function node(type: NodeType, more: Partial<ExpectedNode>): ExpectedNode {
  const zero = "0.0";
  return {
    ...{ type, permissions: 0, uid: 0, gid: 0, times: [zero, zero, zero], device: "0:0", target: "" },
    ...{ sizeBytes: 0, contentSha256: "", xattrs: new Map(), children: new Map(), settings: 1 },
    ...more,
  };
}

function addEntry(root: ExpectedNode, { entry, content }: ReadEntry, convertWhiteouts: boolean): void {
  const names = cleaned(latin1FromBytes(entry.name));
  const name = names.pop();
  const parent = directoryAt(root, names);
  if (convertWhiteouts && name === ".wh..wh..opq") {
    parent.xattrs.set("trusted.overlay.opaque", "y");
  } else if (convertWhiteouts && name?.startsWith(".wh.")) {
    set(parent, name.slice(4), node("characterDevice", {}));
  } else if (entry.type === tarType.hardLink && name !== undefined) {
    const target = cleaned(latin1FromBytes(entry.linkName));
    const last = target.pop() ?? "";
    const linked = directoryAt(root, target).children.get(last);
    if (linked === undefined) throw new Error(`no ${last} to link to`);
    parent.children.set(name, linked);
  } else if (name === undefined) {
    Object.assign(root, described(entry, content), { children: root.children, settings: root.settings + 1 });
  } else {
    set(parent, name, described(entry, content));
  }
}

function described(entry: TarEntry, content: Uint8Array): ExpectedNode {
  const type = nodeTypes.get(entry.type) ?? "file";
  const bits = Number(BigInt.asUintN(12, entry.mode));
  const isDevice = type === "characterDevice" || type === "blockDevice";
  return node(type, {
    permissions: type === "symlink" ? bits | 0o777 : bits,
    uid: Number(BigInt.asUintN(32, entry.uid)),
    gid: Number(BigInt.asUintN(32, entry.gid)),
    times: [shown(entry.modifiedAt), shown(entry.accessedAt), shown(entry.changedAt)],
    ...(isDevice && { device: `${entry.deviceMajor}:${entry.deviceMinor}` }),
    ...(type === "symlink" && { target: latin1FromBytes(entry.linkName), sizeBytes: entry.linkName.length }),
    ...(type === "file" && {
      sizeBytes: entry.sizeBytes,
      contentSha256: createHash("sha256").update(content).digest("hex"),
    }),
    xattrs: new Map(entry.xattrs.map((xattr) => [latin1FromBytes(xattr.name), latin1FromBytes(xattr.value)])),
  });
}

function set(parent: ExpectedNode, name: string, created: ExpectedNode): void {
  const before = parent.children.get(name);
  if (before?.type === "directory" && created.type === "directory") {
    Object.assign(before, { ...created, children: before.children, settings: before.settings + 1 });
  } else {
    parent.children.set(name, { ...created, settings: (before?.settings ?? 0) + 1 });
  }
}

/** Parents that no entry made are as their own parents are, but for attributes. */
function directoryAt(root: ExpectedNode, names: readonly string[]): ExpectedNode {
  let at = root;
  for (const name of names) {
    let next = at.children.get(name);
    if (next === undefined) {
      next = { ...at, xattrs: new Map(), children: new Map(), settings: 1 };
      at.children.set(name, next);
    }
    at = next;
  }
  return at;
}

function cleaned(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return names;
}

/** What the kernel makes of the 64 bits that the writer makes of a time. */
function shown(time: TarTime | undefined): string {
  if (time === undefined) return "0.0";
  const { seconds, nanoseconds } = time;
  let value = BigInt.asUintN(64, seconds) | (BigInt(nanoseconds) << 34n);
  if (seconds < -(2n ** 31n)) value = 0x8000_0000n;
  if (seconds > 0x3_7fff_ffffn) value = 0x3_7fff_ffffn;
  const extra = value >> 32n;
  return `${BigInt.asIntN(32, value) + ((extra & 3n) << 32n)}.${extra >> 2n}`;
}
