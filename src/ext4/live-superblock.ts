/** The superblock of a file system that is written: whether it is in use, and what is free. */
import { crc32c } from "../bytes/crc.ts";
import type { IoOptions, WritableBlockDevice } from "../device/block-device.ts";
import type { Timestamp } from "../tree/attributes.ts";
import type { Ext4Geometry } from "./geometry.ts";
import { fieldBytes, readField, writeStructure } from "./structure.ts";
import {
  EXT4_SUPERBLOCK_OFFSET_BYTES,
  EXT4_SUPERBLOCK_SIZE_BYTES,
  type Ext4Superblock,
  superblockFields,
} from "./superblock.ts";
import { fileSystemState } from "./writable-features.ts";

const two32 = 2 ** 32;

/** What the superblock says of a file system in good order. */
export interface CleanState {
  readonly freeBlocks: number;
  readonly freeInodes: number;
  /** When it was written. */
  readonly time: Timestamp;
}

/** See the head of this file. */
export class LiveSuperblock {
  /** The whole block, so that no part of a sector is ever written. */
  readonly #bytes: Uint8Array;
  readonly #blockOffsetBytes: number;
  readonly #hasChecksum: boolean;
  /** What stands on the device; undefined while it is written, and after that failed. */
  #onDevice: "clean" | "in-use" | undefined = "clean";

  private constructor(bytes: Uint8Array, blockOffsetBytes: number, hasChecksum: boolean) {
    this.#bytes = bytes;
    this.#blockOffsetBytes = blockOffsetBytes;
    this.#hasChecksum = hasChecksum;
  }

  /** Reads the block. @throws {DeviceError} when the device's read fails. */
  static async read(
    device: WritableBlockDevice,
    { blockSizeBytes, firstDataBlock, features }: Ext4Geometry,
    options: IoOptions,
  ): Promise<LiveSuperblock> {
    const bytes = new Uint8Array(blockSizeBytes);
    const blockOffsetBytes = firstDataBlock * blockSizeBytes;
    await device.read(blockOffsetBytes, bytes, options);
    return new LiveSuperblock(bytes, blockOffsetBytes, features.metadataCsum);
  }

  /** Says on the device, unless it stands there, that the file system is in use. */
  async markInUse(device: WritableBlockDevice): Promise<void> {
    if (this.#onDevice === "in-use") return;
    const state = readField(this.#superblock, 0, superblockFields.state) & ~fileSystemState.clean;
    await this.#write(device, { state });
    this.#onDevice = "in-use";
  }

  /** Says on the device, unless nothing was changed, that the file system is in good order. */
  async markClean(device: WritableBlockDevice, { freeBlocks, freeInodes, time }: CleanState): Promise<void> {
    if (this.#onDevice === "clean") return;
    const seconds = Math.max(0, Number(time.seconds));
    await this.#write(device, {
      state: readField(this.#superblock, 0, superblockFields.state) | fileSystemState.clean,
      freeBlocksCountLow: freeBlocks % two32,
      freeBlocksCountHigh: Math.floor(freeBlocks / two32),
      freeInodesCount: freeInodes,
      writeTime: seconds % two32,
      writeTimeHigh: Math.floor(seconds / two32) & 0xff,
    });
    this.#onDevice = "clean";
  }

  get #superblock(): Uint8Array {
    const start = EXT4_SUPERBLOCK_OFFSET_BYTES - this.#blockOffsetBytes;
    return this.#bytes.subarray(start, start + EXT4_SUPERBLOCK_SIZE_BYTES);
  }

  async #write(device: WritableBlockDevice, values: Partial<Ext4Superblock>): Promise<void> {
    const superblock = this.#superblock;
    this.#onDevice = undefined;
    writeStructure(superblockFields, values, superblock);
    if (this.#hasChecksum) sealSuperblock(superblock);
    await device.write(this.#blockOffsetBytes, this.#bytes);
  }
}

/** Puts the checksum into a superblock of a file system with `metadata_csum`. */
export function sealSuperblock(superblock: Uint8Array): void {
  const checked = fieldBytes(superblock, 0, [0, superblockFields.checksum[0]]);
  writeStructure(superblockFields, { checksum: crc32c(0xffff_ffff, checked) }, superblock);
}
