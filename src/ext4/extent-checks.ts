/** What holds for every node of an extent tree that is used for writing: checked when it comes from the device. */
import { readU32Le, writeU32Le } from "../bytes/codec.ts";
import { crc32c } from "../bytes/crc.ts";
import type { BlockKind } from "./block-kind.ts";
import { EXTENT_MAGIC, EXTENT_RECORD_SIZE_BYTES, extentHeaderFields } from "./extent.ts";
import { ExtentNode } from "./extent-node.ts";
import type { LiveInode } from "./live-inode.ts";
import { readField } from "./structure.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** The blocks of an inode's tree. */
export function extentBlockKind(volume: WritableVolume, inode: LiveInode): BlockKind {
  const { metadataCsum } = volume.geometry.features;
  const tailOf = (bytes: Uint8Array): number =>
    (readField(bytes, 0, extentHeaderFields.max) + 1) * EXTENT_RECORD_SIZE_BYTES;
  const checksum = (bytes: Uint8Array, tail: number): number =>
    crc32c(inode.checksumSeed, bytes.subarray(0, tail));
  return {
    check: (bytes, block) => {
      checkHeader(volume, inode.number, bytes, block);
      const tail = tailOf(bytes);
      if (metadataCsum && tail + 4 > bytes.length)
        throw bad(volume, inode.number, block, "no place for a checksum");
      if (metadataCsum && checksum(bytes, tail) !== readU32Le(bytes, tail)) {
        throw volume.malformed("bad-checksum", "extent node: its checksum does not hold", {
          inode: inode.number,
          block,
        });
      }
      checkEntries(volume, inode.number, new ExtentNode(bytes, block));
    },
    seal: (bytes) => {
      const tail = tailOf(bytes);
      if (metadataCsum) writeU32Le(bytes, tail, checksum(bytes, tail));
    },
  };
}

/**
 * Checks a header, and so that entries can be read.
 *
 * @throws {FormatError} `bad-field`.
 */
export function checkHeader(
  volume: WritableVolume,
  inode: number,
  bytes: Uint8Array,
  block: number | undefined,
): void {
  const get = (name: keyof typeof extentHeaderFields): number =>
    readField(bytes, 0, extentHeaderFields[name]);
  const [entries, max, depth] = [get("entries"), get("max"), get("depth")];
  if (get("magic") !== EXTENT_MAGIC) throw bad(volume, inode, block, "no magic");
  if (depth > depthLimit) throw bad(volume, inode, block, `a depth of ${depth}`);
  if (max === 0 || (max + 1) * EXTENT_RECORD_SIZE_BYTES > bytes.length) {
    throw bad(volume, inode, block, `room for ${max} entries`);
  }
  if (entries > max || (entries === 0 && depth > 0)) {
    throw bad(volume, inode, block, `${entries} entries of at most ${max}`);
  }
}

/**
 * Checks that entries are in order and lead to blocks that may be a file's.
 *
 * @throws {FormatError} `bad-field`.
 */
export function checkEntries(volume: WritableVolume, inode: number, node: ExtentNode): void {
  const { depth, block } = node;
  let end = 0;
  for (let index = 0; index < node.count; index++) {
    const { logical, blocks, start } =
      depth === 0
        ? node.extent(index)
        : { logical: node.logical(index), blocks: 1, start: node.child(index) };
    if (blocks === 0 || logical < end || logical + blocks > 2 ** 32) {
      throw bad(volume, inode, block, `entry ${index + 1} is empty or out of order`);
    }
    if (!volume.holds(start, blocks) || volume.groups.system.meets(start, start + blocks)) {
      throw bad(volume, inode, block, `entry ${index + 1} leads to block ${start}, which is no file's`);
    }
    end = logical + blocks;
  }
}

/** The error for a malformed node. */
export function bad(volume: WritableVolume, inode: number, block: number | undefined, why: string): Error {
  return volume.malformed("bad-field", `extent node: ${why}`, {
    inode,
    ...(block !== undefined && { block }),
  });
}

/** The kernel's `EXT4_MAX_EXTENT_DEPTH`. */
const depthLimit = 5;
