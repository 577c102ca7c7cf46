/** A tree as the kernel shows it: a mounted image, or what GNU tar extracted. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from "node:fs";
import type { NodeType } from "../../src/tree/index.ts";
import { type ListedNode, nameInodes, type TreeListing } from "./tree-listing.ts";

/**
 * Lists all below a folder of the disk, the folder itself as "", names as bytes.
 * Leaves out what the kernel refuses to show at all (`EUCLEAN`: an empty symlink).
 */
export function listDisk(folder: string): TreeListing {
  const xattrs = readXattrs(folder);
  const nodes = new Map<string, { inode: bigint; node: Omit<ListedNode, "firstName"> }>();
  const visit = (path: string): void => {
    const at = Buffer.from(path === "" ? folder : `${folder}/${path}`, "latin1");
    const stats = lstatUnlessRefused(at);
    if (stats === undefined) return;
    nodes.set(path, { inode: stats.ino, node: describe(at, stats, xattrs.get(path) ?? []) });
    if (!stats.isDirectory()) return;
    for (const name of readdirSync(at, { encoding: "buffer" })) {
      visit(path === "" ? name.toString("latin1") : `${path}/${name.toString("latin1")}`);
    }
  };
  visit("");
  return nameInodes(nodes);
}

function lstatUnlessRefused(at: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(at, { bigint: true });
  } catch (error) {
    if (error instanceof Error && "errno" in error && error.errno === -117) return undefined;
    throw error;
  }
}

function describe(at: Buffer, stats: BigIntStats, xattrs: readonly string[]): Omit<ListedNode, "firstName"> {
  const type = typeOf(stats);
  return {
    type,
    permissions: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    linkCount: Number(stats.nlink),
    sizeBytes: Number(stats.size),
    allocatedBytes: Number(stats.blocks) * 512,
    device: type.endsWith("Device") ? deviceOf(stats.rdev) : "",
    content: type === "symlink" ? targetOf(at) : type === "file" ? contentOf(at) : "",
    accessedNs: stats.atimeNs,
    modifiedNs: stats.mtimeNs,
    changedNs: stats.ctimeNs,
    createdNs: stats.birthtimeNs,
    xattrs,
  };
}

function typeOf(stats: BigIntStats): NodeType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isCharacterDevice()) return "characterDevice";
  if (stats.isBlockDevice()) return "blockDevice";
  return stats.isFIFO() ? "fifo" : "socket";
}

/** glibc's encoding of a device number. */
function deviceOf(number: bigint): string {
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn);
  const minor = (number & 0xffn) | ((number >> 12n) & ~0xffn);
  return `${major}:${minor & 0xffffffffn}`;
}

function targetOf(at: Buffer): string {
  return readlinkSync(at, { encoding: "buffer" }).toString("latin1");
}

function contentOf(at: Buffer): string {
  const hash = createHash("sha256");
  const file = openSync(at, "r");
  try {
    const chunk = Buffer.alloc(2 ** 20);
    for (let got = readSync(file, chunk); got > 0; got = readSync(file, chunk))
      hash.update(chunk.subarray(0, got));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

/** All extended attributes below a folder, by `getfattr` in one call: Node has no such thing. */
function readXattrs(folder: string): Map<string, string[]> {
  // It complains of, and leaves out, what the kernel lists and then refuses to give.
  const { stdout, error } = spawnSync(
    "getfattr",
    ["--recursive", "--physical", "--no-dereference", "--match=-", "--dump", "--encoding=hex", "."],
    { cwd: folder, maxBuffer: 2 ** 30, encoding: "latin1" },
  );
  if (error !== undefined) throw error;
  const found = new Map<string, string[]>();
  for (const paragraph of stdout.split("\n\n")) {
    const [header = "", ...lines] = paragraph.split("\n").filter((line) => line !== "");
    const path = unquote(header.replace(/^# file: /, "")).replace(/^\.(?:\/|$)/, "");
    const attributes = lines.map((line) => {
      const equals = line.lastIndexOf("=");
      const [name, value] = equals < 0 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
      return `${unquote(name)}=${value.replace(/^0x/, "")}`;
    });
    if (attributes.length > 0) found.set(path, attributes.sort());
  }
  return found;
}

/** Undoes getfattr's `\ooo`. */
function unquote(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
