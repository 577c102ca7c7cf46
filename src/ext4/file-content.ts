/** The content of files: blocks by their map, holes as zeros, and what stands in the inode itself. */
import type { IoOptions } from "../device/block-device.ts";
import type { FileStretch } from "../tree/file-tree.ts";
import { blockMapOf } from "./block-map.ts";
import type { BlockMap, BlockRun } from "./block-run.ts";
import { readInlineData } from "./inline-data.ts";
import { inodeFlag } from "./inode.ts";
import type { Ext4Inode } from "./inode-reader.ts";
import type { Ext4Volume } from "./volume.ts";

/** Content that can be read at any offset below its size. */
export interface Content {
  readonly sizeBytes: number;
  /** Fills `into`, whose range must lie inside the content. On rejection it holds zeros. */
  read(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<void>;
  /** The first stretch at or after an offset that is no hole. */
  nextData(offsetBytes: number, options: IoOptions): Promise<FileStretch | undefined>;
}

/**
 * The content of a file, a directory or a symlink whose target stands in blocks.
 *
 * @throws {FormatError} for inline data that is malformed, or has no feature to go with it.
 */
export function contentOf(volume: Ext4Volume, inode: Ext4Inode): Content {
  return inode.flags & inodeFlag.inlineData
    ? new InlineContent(volume, inode)
    : new BlockContent(volume, inode);
}

/** Content in the inode itself. */
class InlineContent implements Content {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  constructor(volume: Ext4Volume, inode: Ext4Inode) {
    this.sizeBytes = inode.attributes.sizeBytes;
    this.#bytes = readInlineData(volume, inode);
  }

  async read(offsetBytes: number, into: Uint8Array): Promise<void> {
    into.set(this.#bytes.subarray(offsetBytes, offsetBytes + into.length));
  }

  async nextData(offsetBytes: number): Promise<FileStretch | undefined> {
    return offsetBytes < this.sizeBytes
      ? { offsetBytes, lengthBytes: this.sizeBytes - offsetBytes }
      : undefined;
  }
}

/** Content in blocks. */
class BlockContent implements Content {
  readonly sizeBytes: number;
  readonly #volume: Ext4Volume;
  readonly #map: BlockMap;

  constructor(volume: Ext4Volume, inode: Ext4Inode) {
    this.sizeBytes = inode.attributes.sizeBytes;
    this.#volume = volume;
    this.#map = blockMapOf(volume, inode);
  }

  async read(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<void> {
    const { blockSizeBytes } = this.#volume.geometry;
    try {
      for (let done = 0; done < into.length; ) {
        const at = offsetBytes + done;
        const run = await this.#map.find(Math.floor(at / blockSizeBytes), options);
        const inRun = at - run.logicalBlock * blockSizeBytes;
        const lengthBytes = Math.min(into.length - done, run.blocks * blockSizeBytes - inRun);
        const part = into.subarray(done, done + lengthBytes);
        if (run.deviceBlock === undefined) part.fill(0);
        else await this.#volume.device.read(run.deviceBlock * blockSizeBytes + inRun, part, options);
        done += lengthBytes;
      }
    } catch (error) {
      into.fill(0);
      throw error;
    }
  }

  async nextData(offsetBytes: number, options: IoOptions): Promise<FileStretch | undefined> {
    const { blockSizeBytes } = this.#volume.geometry;
    for (let at = offsetBytes; at < this.sizeBytes; ) {
      const run: BlockRun = await this.#map.find(Math.floor(at / blockSizeBytes), options);
      const end = Math.min((run.logicalBlock + run.blocks) * blockSizeBytes, this.sizeBytes);
      if (run.deviceBlock !== undefined) return { offsetBytes: at, lengthBytes: end - at };
      at = end;
    }
    return undefined;
  }
}
