/** What Linux says of a node of this machine, in the house's words. */
import type { BigIntStats } from "node:fs";
import { UsageError } from "../errors.ts";
import { type NodeAttributes, type Timestamp, typeOfMode } from "./attributes.ts";

const sectorBytes = 512n;
const nanosecondsPerSecond = 1_000_000_000n;

/**
 * The attributes of a node.
 *
 * @param path for the error.
 * @param inode a number of the caller's, since those of several file systems may be the same.
 * @throws {UsageError} `invalid-argument` for what is nothing that a tree can hold.
 */
export function attributesOfStats(stats: BigIntStats, path: string, inode: number): NodeAttributes {
  const type = typeOfMode(Number(stats.mode));
  if (type === undefined) throw new UsageError("invalid-argument", `${path} is nothing that a tree can hold`);
  const isDevice = type === "characterDevice" || type === "blockDevice";
  const device = isDevice ? Number(stats.rdev) : 0;
  return {
    inode,
    generation: 0,
    type,
    permissions: Number(stats.mode & 0o7777n),
    linkCount: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    // Linux's own numbers have 12 and 20 bits; glibc puts them as below.
    deviceMajor: (device >>> 8) & 0xfff,
    deviceMinor: (device & 0xff) | ((device >>> 12) & 0xfff00),
    sizeBytes: Number(stats.size),
    allocatedBytes: Number(stats.blocks * sectorBytes),
    blockSizeBytes: Number(stats.blksize),
    accessedAt: timestampOf(stats.atimeNs),
    modifiedAt: timestampOf(stats.mtimeNs),
    changedAt: timestampOf(stats.ctimeNs),
    createdAt: timestampOf(stats.birthtimeNs),
  };
}

/** Rounded down, so that nanoseconds are added before 1970 too. */
function timestampOf(sinceEpochNs: bigint): Timestamp {
  const nanoseconds = ((sinceEpochNs % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond;
  return {
    seconds: (sinceEpochNs - nanoseconds) / nanosecondsPerSecond,
    nanoseconds: Number(nanoseconds),
  };
}
