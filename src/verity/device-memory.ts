/** How the memory of one verified device is divided between its reads. */
import type { TreeGeometry } from "./geometry.ts";
import { ReadSlots } from "./read-slots.ts";

const chunkSlots = 4;
const shortReadBytes = 32 * 1024;
const shortMemoryBytes = 512 * 1024;
const blockSlots = 8;

/** Slots one after the other in a hasher's memory; bounded whatever the device's size and its callers. */
export class DeviceMemory {
  readonly chunks: ReadSlots;
  readonly short: ReadSlots;
  /** For single blocks: hash blocks, and the second look at a data block. Whoever holds one waits for I/O only. */
  readonly blocks: ReadSlots;
  readonly sizeBytes: number;

  constructor(geometry: TreeGeometry, chunkBytes: number) {
    const { dataBlockSize, hashBlockSize, dataSizeBytes } = geometry;
    const short = Math.min(Math.max(shortReadBytes, 2 * dataBlockSize), dataSizeBytes);
    const shortCount = Math.min(16, Math.max(2, Math.floor(shortMemoryBytes / short)));
    const chunk = Math.max(Math.floor(chunkBytes / dataBlockSize), 1) * dataBlockSize;
    const chunkCount = dataSizeBytes > short ? chunkSlots : 0;
    const block = Math.max(dataBlockSize, hashBlockSize);
    this.short = new ReadSlots(0, short, shortCount);
    this.blocks = new ReadSlots(short * shortCount, block, blockSlots);
    const used = short * shortCount + block * blockSlots;
    this.chunks = new ReadSlots(used, Math.min(chunk, dataSizeBytes), chunkCount);
    this.sizeBytes = used + this.chunks.slotSizeBytes * chunkCount;
  }

  /** Calls `then` once no I/O can write here any more. */
  whenIdle(then: () => void): void {
    this.chunks.whenIdle(() => this.short.whenIdle(() => this.blocks.whenIdle(then)));
  }
}
