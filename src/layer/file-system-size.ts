/**
 * How large a layer's file system is: where it ends, the verity superblock
 * begins. The number stands in the ext4 superblock, which is the host's word
 * until it has been read again through the verified device.
 *
 * Source: hcsshim `ext4/tar2ext4` `Ext4FileSystemSize`, which reads the low
 * word of the block count alone; kernel `fs/ext4/ext4.h`, `struct ext4_super_block`.
 */
import type { BlockDevice } from "../device/block-device.ts";
import { type ErrorLocation, FormatError, type FormatErrorCode } from "../errors.ts";
import { readField } from "../ext4/structure.ts";
import {
  EXT4_MAGIC,
  EXT4_SUPERBLOCK_OFFSET_BYTES,
  EXT4_SUPERBLOCK_SIZE_BYTES,
  superblockFields,
} from "../ext4/superblock.ts";
import { readMetadata } from "./metadata-read.ts";
import { LAYER_BLOCK_SIZE_BYTES } from "./verity-parameters.ts";

/** Blocks of 64 KiB: `EXT4_MAX_BLOCK_LOG_SIZE` less the 10 that the field leaves out. */
const maxLogBlockSize = 6;

/**
 * Size of the file system on a device, in bytes: a positive multiple of 4096, as
 * a layer's must be. It may be more than the device has.
 *
 * @param device the host's, or the verified one.
 * @throws {FormatError} `truncated` where the device ends before a superblock does; `bad-magic`
 *   or `bad-field` for one that is none or says no size that a layer can have.
 * @throws {DeviceError} when the device fails.
 */
export async function readFileSystemSize(
  device: BlockDevice,
  signal: AbortSignal | undefined,
): Promise<number> {
  const at = { device: device.name, offsetBytes: EXT4_SUPERBLOCK_OFFSET_BYTES };
  if (device.sizeBytes < EXT4_SUPERBLOCK_OFFSET_BYTES + EXT4_SUPERBLOCK_SIZE_BYTES) {
    const message = `${device.name} has ${device.sizeBytes} bytes and no room for a file system: is it a layer image, and whole?`;
    throw new FormatError("truncated", message, { at });
  }
  return parseFileSystemSize(
    await readMetadata(device, EXT4_SUPERBLOCK_OFFSET_BYTES, EXT4_SUPERBLOCK_SIZE_BYTES, signal),
    at,
  );
}

function parseFileSystemSize(superblock: Uint8Array, at: ErrorLocation): number {
  const refuse = (code: FormatErrorCode, name: keyof typeof superblockFields, why: string): never => {
    const offsetBytes = EXT4_SUPERBLOCK_OFFSET_BYTES + superblockFields[name][0];
    throw new FormatError(code, `ext4 superblock on ${at.device}: ${why} (${name}, byte ${offsetBytes})`, {
      at: { ...at, field: name, offsetBytes },
    });
  };
  if (readField(superblock, 0, superblockFields.magic) !== EXT4_MAGIC) {
    refuse("bad-magic", "magic", "no magic number, this is no ext4 file system");
  }
  const logBlockSize = readField(superblock, 0, superblockFields.logBlockSize);
  if (logBlockSize > maxLogBlockSize) {
    refuse("bad-field", "logBlockSize", `blocks of 2^${10 + logBlockSize} bytes cannot be`);
  }
  const high = readField(superblock, 0, superblockFields.blocksCountHigh);
  if (high !== 0) {
    // The tools that make and mount layers do not read it: to them the file system would end elsewhere.
    refuse("bad-field", "blocksCountHigh", `the high word of the block count is ${high} instead of 0`);
  }
  const blocks = readField(superblock, 0, superblockFields.blocksCountLow);
  const sizeBytes = blocks * 2 ** (10 + logBlockSize);
  if (sizeBytes === 0 || sizeBytes % LAYER_BLOCK_SIZE_BYTES !== 0) {
    const why = `${blocks} blocks of ${2 ** (10 + logBlockSize)} bytes are no positive multiple of 4096`;
    refuse("bad-field", "blocksCountLow", why);
  }
  return sizeBytes;
}
