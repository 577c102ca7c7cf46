/** Disks as a hostile host makes them. */
import {
  type BlockDevice,
  LAYER_BLOCK_SIZE_BYTES,
  layerGeometry,
  layerSuperblock,
  MemoryDevice,
  serializeSuperblock,
} from "sealstone/node";
import type { DeployedLayer } from "./deployment.ts";

const blockSize = LAYER_BLOCK_SIZE_BYTES;
/** Where ext4's superblock is, and in it the number of blocks. */
const superblockOffsetBytes = 1024;
const blocksCountOffsetBytes = superblockOffsetBytes + 4;

/** A disk that answers the first read of each block from one content, and all others from another. */
export class TwoFacedDisk implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #first: Uint8Array;
  readonly #later: MemoryDevice;
  readonly #seen: Set<number> = new Set();

  /** Both contents are of the same size. */
  constructor(name: string, first: Uint8Array, later: Uint8Array) {
    this.name = name;
    this.sizeBytes = later.length;
    this.#first = first;
    this.#later = new MemoryDevice(later);
  }

  async read(offsetBytes: number, into: Uint8Array): Promise<void> {
    await this.#later.read(offsetBytes, into);
    const end = offsetBytes + into.length;
    for (let block = Math.floor(offsetBytes / blockSize); block * blockSize < end; block++) {
      if (this.#seen.has(block)) continue;
      this.#seen.add(block);
      const from = Math.max(offsetBytes, block * blockSize);
      const to = Math.min(end, (block + 1) * blockSize);
      into.set(this.#first.subarray(from, to), from - offsetBytes);
    }
  }

  async close(): Promise<void> {
    await this.#later.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A layer's disk, as it was built, or what is left of it when it is cut to a size. */
export function memoryDisk({ name, bytes }: DeployedLayer, sizeBytes: number = bytes.length): MemoryDevice {
  return new MemoryDevice(bytes.subarray(0, sizeBytes), { name });
}

/** A copy with one bit changed. */
export function withFlippedBit(bytes: Uint8Array, offsetBytes: number): Uint8Array {
  const copy = bytes.slice();
  copy[offsetBytes] = (copy[offsetBytes] ?? 0) ^ 1;
  return copy;
}

/**
 * The leaves of a layer's tree as the data of a small disk, with the block above them as its tree: the root hash
 * is the layer's own. To whoever asks first it shows a file system's superblock of the right size.
 */
export function treeBlockDisk({ name, bytes, ext4SizeBytes }: DeployedLayer): TwoFacedDisk {
  const dataBlocks = ext4SizeBytes / blockSize;
  const { levels } = layerGeometry(dataBlocks, dataBlocks + 1);
  const [leaves, top] = levels;
  if (leaves === undefined || top === undefined || levels.length > 2) throw new Error("a tree of two levels");
  const slice = (firstBlock: number, blocks: number): Uint8Array =>
    bytes.subarray(firstBlock * blockSize, (firstBlock + blocks) * blockSize);
  const later = new Uint8Array((leaves.blocks + 2) * blockSize);
  later.set(slice(leaves.firstBlock, leaves.blocks));
  later.set(
    serializeSuperblock(layerSuperblock(leaves.blocks, new Uint8Array(16))),
    leaves.blocks * blockSize,
  );
  later.set(slice(top.firstBlock, 1), (leaves.blocks + 1) * blockSize);
  const first = later.slice();
  first.set(bytes.subarray(superblockOffsetBytes, 2 * superblockOffsetBytes), superblockOffsetBytes);
  new DataView(first.buffer).setUint32(blocksCountOffsetBytes, leaves.blocks, true);
  return new TwoFacedDisk(name, first, later);
}
