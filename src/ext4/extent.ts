/**
 * The extent tree: nodes of 12-byte records, a header and then index or leaf
 * entries. The root of at most four entries stands in the inode's `block`
 * (`Documentation/filesystems/ext4/ifork.rst`).
 */

/** Size of a header, of a leaf entry and of an index entry alike. */
export const EXTENT_RECORD_SIZE_BYTES = 12;
/** `magic` of a node's header. */
export const EXTENT_MAGIC = 0xf30a;
/** The longest extent; a length above it means "unwritten, of the length less this". */
export const MAX_EXTENT_BLOCKS = 0x8000;

/** `[offset, size]` of a node's header. */
export const extentHeaderFields = {
  magic: [0, 2],
  entries: [2, 2],
  max: [4, 2],
  depth: [6, 2],
  generation: [8, 4],
} as const;

/** `[offset, size]` of an entry where `depth` is 0. */
export const extentLeafFields = {
  logicalBlock: [0, 4],
  lengthBlocks: [4, 2],
  startHigh: [6, 2],
  startLow: [8, 4],
} as const;

/** `[offset, size]` of an entry where `depth` is above 0. */
export const extentIndexFields = {
  logicalBlock: [0, 4],
  leafLow: [4, 4],
  leafHigh: [8, 2],
  unused: [10, 2],
} as const;
