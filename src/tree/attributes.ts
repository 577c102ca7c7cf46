/** What a file system says of a node beside its content: `struct stat`, in the house's words. */

/** A moment, as Linux file systems keep it. */
export interface Timestamp {
  /** Whole seconds since 1970, negative before. */
  readonly seconds: bigint;
  /**
   * Nanoseconds to be added. Less than 10^9 where the image is in order; an image
   * may hold up to 2^30 - 1, and the kernel shows that as it stands.
   */
  readonly nanoseconds: number;
}

/** The seven kinds of node that Linux knows. */
export type NodeType =
  | "file"
  | "directory"
  | "symlink"
  | "characterDevice"
  | "blockDevice"
  | "fifo"
  | "socket";

/** What `getattr` gives. Everything in it is the image's word. */
export interface NodeAttributes {
  /** The number that tells this node from all others in its tree; a positive safe integer. */
  readonly inode: number;
  /** Tells apart two nodes that had one number at different times. */
  readonly generation: number;
  readonly type: NodeType;
  /** The low 12 bits of the mode: permissions, set-uid, set-gid and sticky. */
  readonly permissions: number;
  /** Names that the node has; of a directory, also one a subdirectory where the file system counts those. */
  readonly linkCount: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a device node; 0 elsewhere. */
  readonly deviceMajor: number;
  /** Of a device node; 0 elsewhere. */
  readonly deviceMinor: number;
  /** Of a file its length, of a symlink that of its target, of a directory what the file system says. */
  readonly sizeBytes: number;
  /** What the node takes of the device, as `st_blocks * 512`. */
  readonly allocatedBytes: number;
  /** The size of read that suits the file system best. */
  readonly blockSizeBytes: number;
  readonly accessedAt: Timestamp;
  readonly modifiedAt: Timestamp;
  readonly changedAt: Timestamp;
  /** Absent where the file system keeps no time of creation. */
  readonly createdAt?: Timestamp;
}

const typeBits: Readonly<Record<NodeType, number>> = {
  fifo: 0o010000,
  characterDevice: 0o020000,
  directory: 0o040000,
  blockDevice: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};

const typesByBits: ReadonlyMap<number, NodeType> = new Map(
  (Object.entries(typeBits) as [NodeType, number][]).map(([type, bits]) => [bits, type]),
);

/** A mode as Linux has it, type and permissions: 0o100644. */
export function modeOf({ type, permissions }: Pick<NodeAttributes, "type" | "permissions">): number {
  return typeBits[type] | permissions;
}

/** The type in a mode of Linux's; undefined for type bits that mean nothing. */
export function typeOfMode(mode: number): NodeType | undefined {
  return typesByBits.get(mode & 0o170000);
}
