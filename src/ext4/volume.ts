/**
 * The file system's device, seen as blocks, and what every part of the reader
 * needs besides: the geometry, the cache, and errors that say where.
 */
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import { type ErrorLocation, FormatError, type FormatErrorCode, StorageError } from "../errors.ts";
import { BlockCache } from "./block-cache.ts";
import { DirectoryOwners } from "./directory-owners.ts";
import { type Ext4Geometry, parseGeometry } from "./geometry.ts";
import { EXT4_SUPERBLOCK_OFFSET_BYTES, EXT4_SUPERBLOCK_SIZE_BYTES } from "./superblock.ts";

/** What is kept of metadata unless told otherwise. */
const defaultCacheBytes = 4 << 20;

/** How much of an inode table is read at once: neighbours are mostly wanted next. */
const readAheadBytes = 32 << 10;

/** Where in a file system a structure was refused. */
export type Ext4Location = Pick<ErrorLocation, "inode" | "block" | "field" | "path">;

/** An ext4 file system on a device. */
export class Ext4Volume {
  readonly name: string;
  readonly device: BlockDevice;
  readonly geometry: Ext4Geometry;
  /** Of the blocks of names that were read. */
  readonly directoryOwners: DirectoryOwners;
  /** Blocks as they stand on the device. */
  protected readonly cache: BlockCache;

  /** Made by `openVolume`. */
  constructor(device: BlockDevice, name: string, geometry: Ext4Geometry, cacheBytes: number) {
    this.device = device;
    this.name = name;
    this.geometry = geometry;
    this.directoryOwners = new DirectoryOwners(geometry.blocks);
    this.cache = new BlockCache(Math.max(16, Math.floor(cacheBytes / geometry.blockSizeBytes)));
  }

  /** The error for a malformed structure; to be thrown by the caller. */
  malformed(code: FormatErrorCode, why: string, at: Ext4Location = {}): FormatError {
    const place = [
      at.inode === undefined ? [] : [`inode ${at.inode}`],
      at.block === undefined ? [] : [`block ${at.block}`],
    ].flat();
    const where = [this.name, ...place].join(", ");
    return new FormatError(code, `${where}: ${why}`, { at: { device: this.name, ...at } });
  }

  /** True where blocks may hold a file's data or metadata: inside the file system, behind the superblock. */
  holds(firstBlock: number, blocks = 1): boolean {
    const { firstDataBlock, blocks: all } = this.geometry;
    return firstBlock > firstDataBlock && firstBlock + blocks <= all;
  }

  /**
   * A block of metadata: from the cache, or read into private memory once. Not to be written to.
   *
   * @param block was checked by `holds`.
   */
  async readBlock(block: number, options: IoOptions): Promise<Uint8Array> {
    const kept = this.cache.get(block);
    if (kept !== undefined) return kept;
    const { blockSizeBytes } = this.geometry;
    const bytes = new Uint8Array(blockSizeBytes);
    await this.device.read(block * blockSizeBytes, bytes, options);
    this.cache.set(block, bytes);
    return bytes;
  }

  /** As `readBlock`; with it come neighbours out of `[firstBlock, endBlock)`. */
  async readBlockAmong(
    block: number,
    firstBlock: number,
    endBlock: number,
    options: IoOptions,
  ): Promise<Uint8Array> {
    const kept = this.cache.get(block);
    if (kept !== undefined) return kept;
    const { blockSizeBytes } = this.geometry;
    const ahead = Math.max(1, readAheadBytes / blockSizeBytes);
    const start = firstBlock + Math.floor((block - firstBlock) / ahead) * ahead;
    const end = Math.min(start + ahead, endBlock);
    const bytes = new Uint8Array((end - start) * blockSizeBytes);
    try {
      await this.device.read(start * blockSizeBytes, bytes, options);
    } catch (error) {
      // A neighbour that cannot be read takes nothing from the block itself.
      if (error instanceof StorageError && end - start > 1) return this.readBlock(block, options);
      throw error;
    }
    for (let each = start; each < end; each++) {
      // A copy of its own: a view would keep its neighbours alive.
      this.cache.set(each, bytes.slice((each - start) * blockSizeBytes, (each - start + 1) * blockSizeBytes));
    }
    return this.cache.get(block) ?? this.readBlock(block, options);
  }

  /** Lets go of what is kept. */
  release(): void {
    this.cache.clear();
  }
}

/** How to open a volume. */
export interface Ext4VolumeOptions extends IoOptions {
  /** Names the file system in errors; by default as the device is named. */
  readonly name?: string;
  /** How much metadata is kept at most, in bytes; 4 MiB unless set. */
  readonly cacheBytes?: number;
}

/**
 * Fetches the superblock once and checks it.
 *
 * @throws {FormatError} as `parseGeometry`; `truncated` where the device ends before it.
 * @throws {DeviceError} when the device's read fails.
 */
export async function openVolume(
  device: BlockDevice,
  { name = device.name, cacheBytes = defaultCacheBytes, ...options }: Ext4VolumeOptions,
): Promise<Ext4Volume> {
  const at = { device: name, offsetBytes: EXT4_SUPERBLOCK_OFFSET_BYTES };
  if (device.sizeBytes < EXT4_SUPERBLOCK_OFFSET_BYTES + EXT4_SUPERBLOCK_SIZE_BYTES) {
    throw new FormatError("truncated", `${name} ends before an ext4 superblock`, { at });
  }
  const bytes = new Uint8Array(EXT4_SUPERBLOCK_SIZE_BYTES);
  await device.read(EXT4_SUPERBLOCK_OFFSET_BYTES, bytes, options);
  return new Ext4Volume(device, name, parseGeometry(bytes, device.sizeBytes, { device: name }), cacheBytes);
}
