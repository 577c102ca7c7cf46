/** What `stat` and `statfs` give, in the shape of Node's `fs.Stats`. */
import { modeOf, type NodeAttributes, type NodeType, type Timestamp } from "./attributes.ts";
import { TypedNode } from "./typed-node.ts";

const nsPerSecond = 1_000_000_000n;

/** A node's attributes, with Node's names beside the house's own. */
export class TreeStats extends TypedNode {
  readonly attributes: NodeAttributes;
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
    return Number(this.atimeNs) / 1e6;
  }

  get mtimeMs(): number {
    return Number(this.mtimeNs) / 1e6;
  }

  get ctimeMs(): number {
    return Number(this.ctimeNs) / 1e6;
  }

  get birthtimeMs(): number {
    return Number(this.birthtimeNs) / 1e6;
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }

  get mtime(): Date {
    return new Date(this.mtimeMs);
  }

  get ctime(): Date {
    return new Date(this.ctimeMs);
  }

  get birthtime(): Date {
    return new Date(this.birthtimeMs);
  }
}

function toNs({ seconds, nanoseconds }: Timestamp): bigint {
  return seconds * nsPerSecond + BigInt(nanoseconds);
}

/** glibc's `makedev`: 32 bits of each number. In parts, since it may pass 2^53: then it is rounded. */
function makeDevice(major: number, minor: number): number {
  const low = (minor & 0xff) + (major & 0xfff) * 2 ** 8 + (minor >>> 8) * 2 ** 20;
  return low + Math.floor(major / 2 ** 12) * 2 ** 44;
}
