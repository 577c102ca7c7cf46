/** What a writable memory tree keeps of a node. */
import { FileError, type FileErrorCode } from "../../src/errors.ts";
import type { NodeAttributes, NodeType, Timestamp } from "../../src/tree/attributes.ts";
import type { AttributeChanges, NewNode } from "../../src/tree/writable-file-tree.ts";
import { MemoryContent, pageBytes } from "./memory-content.ts";

/** One name in a directory, in the order in which names were made. */
export interface MemoryEntry {
  readonly name: Uint8Array;
  readonly cursor: number;
  node: MemoryInode;
}

export class MemoryInode {
  readonly inode: number;
  readonly type: NodeType;
  readonly content: MemoryContent = new MemoryContent();
  readonly target: Uint8Array;
  /** Of a directory, by name in Latin-1. */
  readonly entries: Map<string, MemoryEntry> = new Map();
  /** By name in Latin-1. */
  readonly xattrs: Map<string, Uint8Array> = new Map();
  /** Of a directory that has a name, and is not the root. */
  parent: MemoryInode | undefined;
  /** Names, `.` and the `..` of subdirectories left out. */
  names = 0;
  subdirectories = 0;
  openFiles = 0;
  permissions: number;
  uid: number;
  gid: number;
  lastCursor = 0;
  readonly #device: readonly [major: number, minor: number];
  readonly #createdAt: Timestamp;
  #accessedAt: Timestamp;
  #modifiedAt: Timestamp;
  #changedAt: Timestamp;

  /** @throws {FileError} `EINVAL` for what no node can be, `ENAMETOOLONG` for a long target. */
  constructor(inode: number, what: NewNode, now: Timestamp) {
    const { type, permissions, uid = 0, gid = 0, deviceMajor = 0, deviceMinor = 0, target } = what;
    this.inode = inode;
    this.type = type;
    checkAttributes({ permissions, uid, gid });
    const device = type === "characterDevice" || type === "blockDevice";
    check(!device || (isWithin(deviceMajor, 4095) && isWithin(deviceMinor, 2 ** 20 - 1)), "EINVAL");
    check((type === "symlink") === (target !== undefined), "EINVAL");
    this.target = new Uint8Array(target ?? []);
    check(type !== "symlink" || (this.target.length > 0 && !this.target.includes(0)), "EINVAL");
    check(this.target.length < 4096, "ENAMETOOLONG");
    this.permissions = type === "symlink" ? 0o777 : permissions;
    this.uid = uid;
    this.gid = gid;
    this.#device = device ? [deviceMajor, deviceMinor] : [0, 0];
    this.#createdAt = this.#accessedAt = this.#modifiedAt = this.#changedAt = now;
  }

  get isDirectory(): boolean {
    return this.type === "directory";
  }

  /** It has no name and nobody has it open. */
  get isGone(): boolean {
    return this.names === 0 && this.openFiles === 0;
  }

  attributes(): NodeAttributes {
    return {
      inode: this.inode,
      generation: 0,
      type: this.type,
      permissions: this.permissions,
      linkCount: this.isDirectory && this.names > 0 ? 2 + this.subdirectories : this.names,
      uid: this.uid,
      gid: this.gid,
      deviceMajor: this.#device[0],
      deviceMinor: this.#device[1],
      sizeBytes: this.isDirectory ? pageBytes : this.target.length || this.content.sizeBytes,
      allocatedBytes: this.isDirectory ? pageBytes : this.content.allocatedBytes,
      blockSizeBytes: pageBytes,
      accessedAt: this.#accessedAt,
      modifiedAt: this.#modifiedAt,
      changedAt: this.#changedAt,
      createdAt: this.#createdAt,
    };
  }

  /** What it holds was changed now. */
  touch(now: Timestamp): void {
    this.#modifiedAt = this.#changedAt = now;
  }

  change(changes: AttributeChanges, now: Timestamp): void {
    checkAttributes(changes);
    const { permissions, uid, gid, accessedAt, modifiedAt } = changes;
    check(permissions === undefined || this.type !== "symlink" || permissions === 0o777, "EINVAL");
    this.permissions = permissions ?? this.permissions;
    this.uid = uid ?? this.uid;
    this.gid = gid ?? this.gid;
    this.#accessedAt = accessedAt ?? this.#accessedAt;
    this.#modifiedAt = modifiedAt ?? this.#modifiedAt;
    this.#changedAt = now;
  }
}

/** Throws where a condition does not hold. */
export function check(condition: boolean, code: FileErrorCode): asserts condition {
  if (!condition) throw new FileError(code, "memory tree");
}

function checkAttributes({ permissions = 0, uid = 0, gid = 0, ...times }: AttributeChanges): void {
  check(isWithin(permissions, 0o7777), "EINVAL");
  check(isWithin(uid, 2 ** 32 - 2) && isWithin(gid, 2 ** 32 - 2), "EINVAL");
  for (const time of [times.accessedAt, times.modifiedAt]) {
    check(time === undefined || isWithin(time.nanoseconds, 999_999_999), "EINVAL");
  }
}

function isWithin(value: number, largest: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= largest;
}
