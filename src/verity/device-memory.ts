/** How the memory of one verified device is divided between its reads. */

import { SlotPool } from "../device/slot-pool.ts";
import type { TreeGeometry } from "./geometry.ts";

const chunkSlots = 4;
const shortReadBytes = 32 * 1024;
const shortMemoryBytes = 512 * 1024;
const blockSlots = 8;

/** Slots one after the other in a hasher's memory; bounded whatever the device's size and its callers. */
export class DeviceMemory {
  readonly chunks: SlotPool;
  readonly short: SlotPool;
  /** For single blocks: hash blocks, and the second look at a data block. Whoever holds one waits for I/O only. */
  readonly blocks: SlotPool;
  readonly sizeBytes: number;

  constructor(geometry: TreeGeometry, chunkBytes: number) {
    const { dataBlockSize, hashBlockSize, dataSizeBytes } = geometry;
    const short = Math.min(Math.max(shortReadBytes, 2 * dataBlockSize), dataSizeBytes);
    const shortCount = Math.min(16, Math.max(2, Math.floor(shortMemoryBytes / short)));
    const chunk = Math.max(Math.floor(chunkBytes / dataBlockSize), 1) * dataBlockSize;
    const chunkCount = dataSizeBytes > short ? chunkSlots : 0;
    const block = Math.max(dataBlockSize, hashBlockSize);
    this.short = new SlotPool(0, short, shortCount);
    this.blocks = new SlotPool(short * shortCount, block, blockSlots);
    const used = short * shortCount + block * blockSlots;
    this.chunks = new SlotPool(used, Math.min(chunk, dataSizeBytes), chunkCount);
    this.sizeBytes = used + this.chunks.slotSizeBytes * chunkCount;
  }

  /** Calls `then` once no I/O can write here any more. */
  whenIdle(then: () => void): void {
    this.chunks.whenIdle(() => this.short.whenIdle(() => this.blocks.whenIdle(then)));
  }
}
