/** What a hostile host stores: the disk below, and what lay there before. */
import type { WritableBlockDevice } from "../device/block-device.ts";
import type { HostAct } from "./host-fault.ts";

/** Older contents that are kept of each block. */
const keptVersions = 4;

/** A disk that remembers. Ranges are cut at its end: a host may try what it likes. */
export class HostStorage {
  readonly #below: WritableBlockDevice;
  readonly #blockSize: number;
  /** Of each block that was changed, what it held before: the newest last. */
  readonly #older: Map<number, Uint8Array[]> = new Map();
  #snapshot: Uint8Array | undefined;

  constructor(below: WritableBlockDevice, blockSizeBytes: number) {
    this.#below = below;
    this.#blockSize = blockSizeBytes;
  }

  async load(offsetBytes: number, lengthBytes: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(lengthBytes);
    await this.#below.read(offsetBytes, bytes.subarray(0, this.#within(offsetBytes, lengthBytes)));
    return bytes;
  }

  async store(offsetBytes: number, bytes: Uint8Array): Promise<void> {
    const length = this.#within(offsetBytes, bytes.length);
    await this.#remember(offsetBytes, length);
    await this.#below.write(offsetBytes, bytes.subarray(0, length));
  }

  /** A range as it was so many changes ago, block by block; `undefined` where nothing of it was another. */
  async loadOlder(
    offsetBytes: number,
    lengthBytes: number,
    versions: number,
  ): Promise<Uint8Array | undefined> {
    const bytes = await this.load(offsetBytes, lengthBytes);
    let isOlder = false;
    const size = this.#blockSize;
    const endBlock = Math.ceil((offsetBytes + lengthBytes) / size);
    for (let block = Math.floor(offsetBytes / size); block < endBlock; block++) {
      const older = this.#older.get(block)?.at(-versions);
      if (older === undefined) continue;
      isOlder = true;
      const start = Math.max(offsetBytes, block * size);
      const end = Math.min(offsetBytes + lengthBytes, block * size + older.length);
      bytes.set(older.subarray(start - block * size, end - block * size), start - offsetBytes);
    }
    return isOlder ? bytes : undefined;
  }

  /** Does what an act says; false where there is nothing that it could be done to. */
  async act(act: HostAct): Promise<boolean> {
    switch (act.kind) {
      case "flip": {
        const bytes = await this.load(act.offsetBytes, 1);
        bytes[0] = (bytes[0] as number) ^ (1 << act.bit);
        await this.store(act.offsetBytes, bytes);
        return true;
      }
      case "swap": {
        if (act.offsetBytes === act.otherOffsetBytes) return false;
        const one = await this.load(act.offsetBytes, act.lengthBytes);
        const other = await this.load(act.otherOffsetBytes, act.lengthBytes);
        await this.store(act.offsetBytes, other);
        await this.store(act.otherOffsetBytes, one);
        return true;
      }
      case "replay": {
        const older = await this.loadOlder(act.offsetBytes, act.lengthBytes, act.versions);
        if (older !== undefined) await this.store(act.offsetBytes, older);
        return older !== undefined;
      }
      case "snapshot":
        this.#snapshot = await this.load(0, this.#below.sizeBytes);
        return true;
      case "rollback": {
        const snapshot = this.#snapshot;
        if (snapshot !== undefined) await this.store(0, snapshot);
        return snapshot !== undefined;
      }
      case "zero":
        await this.store(act.offsetBytes, new Uint8Array(act.lengthBytes));
        return true;
    }
  }

  flush(): Promise<void> {
    return this.#below.flush();
  }

  async #remember(offsetBytes: number, lengthBytes: number): Promise<void> {
    const size = this.#blockSize;
    const endBlock = Math.ceil((offsetBytes + lengthBytes) / size);
    for (let block = Math.floor(offsetBytes / size); block < endBlock; block++) {
      const content = await this.load(block * size, this.#within(block * size, size));
      const older = this.#older.get(block) ?? [];
      older.push(content);
      if (older.length > keptVersions) older.shift();
      this.#older.set(block, older);
    }
  }

  #within(offsetBytes: number, lengthBytes: number): number {
    return Math.max(0, Math.min(lengthBytes, this.#below.sizeBytes - offsetBytes));
  }
}
