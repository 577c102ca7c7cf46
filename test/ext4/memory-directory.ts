/** A directory whose blocks are in memory, for tests of names alone. */
import { MemoryDevice } from "../../src/device/memory-device.ts";
import type { Ext4Geometry } from "../../src/ext4/geometry.ts";
import { type DirectoryParts, directoryHashBase } from "../../src/ext4/hashed-directory.ts";
import { Ext4Volume } from "../../src/ext4/volume.ts";
import { DirectoryBlockKind, WritableDirectory } from "../../src/ext4/writable-directory.ts";

/** What of the file system the directory is in. */
export interface MemoryDirectoryOptions {
  readonly blockSizeBytes?: number;
  readonly hashVersion?: number;
  readonly dirIndex?: boolean;
  readonly metadataCsum?: boolean;
  readonly largeDir?: boolean;
  /** `append` fails with ENOSPC from this many blocks on. */
  readonly limitBlocks?: number;
}

/** See the head of this file. */
export class MemoryDirectory {
  readonly volume: Ext4Volume;
  readonly parts: DirectoryParts;
  readonly kind: DirectoryBlockKind;
  readonly contents: Uint8Array[] = [];
  /** How many blocks were asked for. */
  views = 0;

  constructor({
    blockSizeBytes = 1024,
    hashVersion = 1,
    dirIndex = true,
    metadataCsum = true,
    largeDir = false,
  }: MemoryDirectoryOptions = {}) {
    const geometry = {
      blockSizeBytes,
      blocks: 1 << 20,
      inodes: 1 << 24,
      checksumSeed: 7,
      features: { metadataCsum, dirIndex, filetype: true, largeDir },
      superblock: { hashSeed: new Uint8Array(16).fill(3), flags: 1, defaultHashVersion: hashVersion },
    } as unknown as Ext4Geometry;
    this.volume = new Ext4Volume(new MemoryDevice(new Uint8Array(0)), "memory", geometry, 0);
    const { contents } = this;
    const view = (logical: number): Uint8Array => {
      this.views++;
      return contents[logical] as Uint8Array;
    };
    const blocks = {
      get count(): number {
        return contents.length;
      },
      view,
      viewInTurn: view,
      modify: (logical: number) => contents[logical] as Uint8Array,
      append: () => {
        const bytes = new Uint8Array(blockSizeBytes);
        contents.push(bytes);
        return { logical: contents.length - 1, bytes };
      },
    };
    this.parts = {
      volume: this.volume,
      inode: { number: 12, flags: 0, checksumSeed: 5 },
      blocks,
      hashBase: directoryHashBase(this.volume),
    };
    this.kind = new DirectoryBlockKind(this.volume, this.parts.inode);
  }

  get names(): WritableDirectory {
    return new WritableDirectory(this.parts);
  }

  /** Seals every block, and has every block checked as if it came from a device. */
  check(): void {
    for (const [block, bytes] of this.contents.entries()) {
      this.kind.seal(bytes);
      this.kind.check(bytes, block);
    }
  }
}
