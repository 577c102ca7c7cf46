/** Reading the message that parity covers: two stretches of two devices, seen as one run of blocks. */
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import { readBlocks } from "./block-reads.ts";
import type { FecLayout } from "./fec-layout.ts";

/** A stretch of message blocks on one device. */
interface MessageStretch {
  readonly device: BlockDevice;
  /** Where message block 0 would stand on the device, in blocks; may be negative. */
  readonly shift: number;
  readonly firstBlock: number;
  readonly endBlock: number;
}

/** The protected message: data blocks, then the hash device from its first hash block on, then zeros. */
export class FecMessage {
  readonly #blockSize: number;
  readonly #stretches: readonly MessageStretch[];

  constructor(layout: FecLayout, data: BlockDevice, hash: BlockDevice) {
    const { dataBlocks, firstHashBlock } = layout;
    this.#blockSize = layout.blockSize;
    this.#stretches = [
      { device: data, shift: 0, firstBlock: 0, endBlock: dataBlocks },
      { device: hash, shift: firstHashBlock - dataBlocks, firstBlock: dataBlocks, endBlock: layout.blocks },
    ];
  }

  /**
   * Fills `into` with consecutive message blocks. What lies behind the message's end is zeros.
   *
   * @param into a whole number of blocks.
   * @throws {DeviceError} when a read fails.
   * @throws the signal's reason after an abort.
   */
  async read(firstBlock: number, into: Uint8Array, options: IoOptions): Promise<void> {
    for (const { device, block, part } of this.#parts(firstBlock, into)) {
      await device.read(block * this.#blockSize, part, options);
    }
  }

  /**
   * The same, but a block that cannot be read is zeros, and is named.
   *
   * @returns the message blocks that could not be read.
   * @throws what no single block is to blame for: see `readBlocks`.
   */
  async readWhatCanBe(firstBlock: number, into: Uint8Array, signal?: AbortSignal): Promise<number[]> {
    const lost: number[] = [];
    for (const { device, block, part, shift } of this.#parts(firstBlock, into)) {
      for (const unread of await readBlocks(device, block, this.#blockSize, part, signal)) {
        const at = (unread.block - block) * this.#blockSize;
        part.fill(0, at, at + this.#blockSize);
        lost.push(unread.block - shift);
      }
    }
    return lost;
  }

  /** The parts of a run that lie on the devices. The rest of `into` is set to zeros. */
  #parts(
    firstBlock: number,
    into: Uint8Array,
  ): { device: BlockDevice; shift: number; block: number; part: Uint8Array }[] {
    const size = this.#blockSize;
    const endBlock = firstBlock + into.length / size;
    const parts = [];
    let reached = firstBlock;
    for (const stretch of this.#stretches) {
      const first = Math.max(firstBlock, stretch.firstBlock);
      const end = Math.min(endBlock, stretch.endBlock);
      if (first >= end) continue;
      const part = into.subarray((first - firstBlock) * size, (end - firstBlock) * size);
      parts.push({ device: stretch.device, shift: stretch.shift, block: first + stretch.shift, part });
      reached = end;
    }
    into.fill(0, (reached - firstBlock) * size);
    return parts;
  }
}
