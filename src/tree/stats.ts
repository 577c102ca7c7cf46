/** What `stat` and `statfs` give, in the shape of Node's `fs.Stats`. */

import { modeOf, type NodeAttributes, type NodeType, type Timestamp } from "./attributes.ts";
import type { TreeOptions } from "./file-tree.ts";
import { TypedNode } from "./typed-node.ts";

const nsPerSecond = 1_000_000_000n;
const nsPerMs = 1_000_000n;

/** How to be told of a node. */
export interface StatOptions extends TreeOptions {
  /** Every number as a `bigint`; false unless set. */
  readonly bigint?: boolean;
}

/** A node's attributes, with Node's names beside the house's own. */
export class TreeStats extends TypedNode {
  readonly attributes: NodeAttributes;
  /** A tree is one device. */
  readonly dev: number = 0;
  /** The inode's number. */
  readonly ino: number;
  /** Type and permissions, as Linux has them. */
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a device node: Linux's `makedev(major, minor)`. */
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  /** Of 512 bytes each. */
  readonly blocks: number;

  /** @param attributes as a tree gave them. */
  constructor(attributes: NodeAttributes) {
    super();
    this.attributes = attributes;
    this.ino = attributes.inode;
    this.mode = modeOf(attributes);
    this.nlink = attributes.linkCount;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.rdev = makeDevice(attributes.deviceMajor, attributes.deviceMinor);
    this.size = attributes.sizeBytes;
    this.blksize = attributes.blockSizeBytes;
    this.blocks = attributes.allocatedBytes / 512;
  }

  get type(): NodeType {
    return this.attributes.type;
  }

  /** Nanoseconds since 1970. */
  get atimeNs(): bigint {
    return toNs(this.attributes.accessedAt);
  }

  get mtimeNs(): bigint {
    return toNs(this.attributes.modifiedAt);
  }

  get ctimeNs(): bigint {
    return toNs(this.attributes.changedAt);
  }

  /** As `ctimeNs` where the file system keeps no time of creation, as in Node. */
  get birthtimeNs(): bigint {
    return toNs(this.attributes.createdAt ?? this.attributes.changedAt);
  }

  get atimeMs(): number {
    return toMs(this.attributes.accessedAt);
  }

  get mtimeMs(): number {
    return toMs(this.attributes.modifiedAt);
  }

  get ctimeMs(): number {
    return toMs(this.attributes.changedAt);
  }

  get birthtimeMs(): number {
    return toMs(this.attributes.createdAt ?? this.attributes.changedAt);
  }

  get atime(): Date {
    return toDate(this.atimeMs);
  }

  get mtime(): Date {
    return toDate(this.mtimeMs);
  }

  get ctime(): Date {
    return toDate(this.ctimeMs);
  }

  get birthtime(): Date {
    return toDate(this.birthtimeMs);
  }
}

/** `TreeStats` with every number a `bigint`, as Node's `BigIntStats`. */
export class BigIntTreeStats extends TypedNode {
  readonly attributes: NodeAttributes;
  readonly dev: bigint = 0n;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  /** Whole, where `TreeStats` may have to round. */
  readonly rdev: bigint;
  readonly size: bigint;
  readonly blksize: bigint;
  readonly blocks: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;

  /** @param attributes as a tree gave them. */
  constructor(attributes: NodeAttributes) {
    super();
    this.attributes = attributes;
    this.ino = BigInt(attributes.inode);
    this.mode = BigInt(modeOf(attributes));
    this.nlink = BigInt(attributes.linkCount);
    this.uid = BigInt(attributes.uid);
    this.gid = BigInt(attributes.gid);
    const [low, high] = deviceParts(attributes.deviceMajor, attributes.deviceMinor);
    this.rdev = BigInt(low) + (BigInt(high) << 44n);
    this.size = BigInt(attributes.sizeBytes);
    this.blksize = BigInt(attributes.blockSizeBytes);
    this.blocks = BigInt(attributes.allocatedBytes) / 512n;
    this.atimeNs = toNs(attributes.accessedAt);
    this.mtimeNs = toNs(attributes.modifiedAt);
    this.ctimeNs = toNs(attributes.changedAt);
    this.birthtimeNs = toNs(attributes.createdAt ?? attributes.changedAt);
  }

  get type(): NodeType {
    return this.attributes.type;
  }

  get atimeMs(): bigint {
    return this.atimeNs / nsPerMs;
  }

  get mtimeMs(): bigint {
    return this.mtimeNs / nsPerMs;
  }

  get ctimeMs(): bigint {
    return this.ctimeNs / nsPerMs;
  }

  get birthtimeMs(): bigint {
    return this.birthtimeNs / nsPerMs;
  }

  get atime(): Date {
    return toDate(Number(this.atimeMs));
  }

  get mtime(): Date {
    return toDate(Number(this.mtimeMs));
  }

  get ctime(): Date {
    return toDate(Number(this.ctimeMs));
  }

  get birthtime(): Date {
    return toDate(Number(this.birthtimeMs));
  }
}

/** Attributes in the form that was asked for. */
export function statsOf(
  attributes: NodeAttributes,
  { bigint = false }: StatOptions = {},
): TreeStats | BigIntTreeStats {
  return bigint ? new BigIntTreeStats(attributes) : new TreeStats(attributes);
}

function toNs({ seconds, nanoseconds }: Timestamp): bigint {
  return seconds * nsPerSecond + BigInt(nanoseconds);
}

function toMs({ seconds, nanoseconds }: Timestamp): number {
  return Number(seconds) * 1000 + nanoseconds / 1e6;
}

/** Rounded as Node does, since a `Date` would cut. */
function toDate(ms: number): Date {
  return new Date(Math.round(ms));
}

/** glibc's `makedev`: 32 bits of each number. In parts, since it may pass 2^53: then it is rounded. */
function makeDevice(major: number, minor: number): number {
  const [low, high] = deviceParts(major, minor);
  return low + high * 2 ** 44;
}

/** The low 44 bits of a device's number, and what is above. */
function deviceParts(major: number, minor: number): readonly [low: number, high: number] {
  const low = (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor >>> 8) * 2 ** 20;
  return [low, Math.floor(major / 2 ** 12)];
}
