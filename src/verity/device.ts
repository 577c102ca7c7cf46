/**
 * A verified read-only device: what it returns is what the identity pins, or
 * it is an error. The read path is the kernel's (`drivers/md/dm-verity-target.c`):
 * root down, hash blocks verified before use, a second look at a bad data
 * block, a status that stays `"C"`.
 *
 * Performance: data is read and hashed in batches in the hasher's own memory,
 * the next batch's I/O running while this one is hashed. A read that finds its
 * leaf in the cache costs one I/O, one batch of hashes and one copy.
 */

import type { BlockHasher } from "../crypto/block-hasher.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import { unheard, untilAborted } from "../device/abortable.ts";
import type { BlockDevice, IoOptions } from "../device/block-device.ts";
import { CallsUnderWay } from "../device/calls-under-way.ts";
import { readsAtOnce } from "../device/direct.ts";
import { hostFailure } from "../device/host-failure.ts";
import { checkRange } from "../device/range-check.ts";
import { UsageError } from "../errors.ts";
import { type CorruptionEvent, CorruptionLog, type VerityStatus } from "./corruption.ts";
import { DeviceMemory } from "./device-memory.ts";
import { checkFits, type GeometryOptions, type TreeGeometry, treeGeometry } from "./geometry.ts";
import { checkIdentity, copyIdentity, saltPosition, type VerityIdentity } from "./identity.ts";
import { defaultPlacement, firstHashBlock, type VerityPlacement } from "./placement.ts";
import type { BlockRepairer } from "./repair.ts";
import { matchSuperblock, readSuperblock } from "./superblock.ts";
import { type DataChunk, VerifiedData } from "./verified-data.ts";
import { VerifiedTree } from "./verified-tree.ts";

/** What opens a verified device. The devices are the host's, all else is the caller's. */
export interface VerityDeviceOptions extends GeometryOptions {
  /** Holds the data blocks from byte 0 on. May be larger than they are. */
  readonly data: BlockDevice;
  /** Holds the hash area; may be the same device as `data`. */
  readonly hash: BlockDevice;
  /** The full identity; the geometry comes from here and nowhere else. Copied. */
  readonly identity: VerityIdentity;
  /** Where the hash area stands; default: a superblock at byte 0 of `hash`. */
  readonly placement?: VerityPlacement;
  /** How much memory verified hash blocks may take; default 4 MiB. Never less than one path of the tree. */
  readonly hashCacheBytes?: number;
  /** How much a long read fetches at a time; default 256 KiB. Four such chunks are kept. */
  readonly chunkBytes?: number;
  /**
   * Told of each block that was not the true one, when it is found. An
   * exception that it throws becomes the read's.
   */
  readonly onCorruption?: (event: CorruptionEvent) => void;
  /**
   * `"error"` (default): a read that needs a corrupt block rejects. `"ignore"`:
   * it gets the corrupt bytes; for forensics only, and only together with
   * `returnCorruptDataToTheCaller`.
   */
  readonly corruption?: "error" | "ignore";
  /** The second half of asking for `corruption: "ignore"`: the host may then choose what is read. */
  readonly returnCorruptDataToTheCaller?: boolean;
  /** Asked when a block is bad or unreadable: a `FecRepairer`. Closed with the device. */
  readonly repairer?: BlockRepairer;
  /** Whether `close` closes `data` and `hash` too; default: they stay the caller's to close. */
  readonly closeDevices?: boolean;
  /** Runs when the device is about to be closed: what it throws refuses that. */
  readonly beforeClose?: () => void;
  /** Aborts the opening; reads have their own. */
  readonly signal?: AbortSignal;
}

const defaultHashCacheBytes = 4 * 1024 * 1024;
/** Small enough that a chunk is still in the processor's cache when it is copied out. */
const defaultChunkBytes = 256 * 1024;

/** A read-only `BlockDevice` that checks what it reads; see `VerityDevice.open`. */
export class VerityDevice implements BlockDevice {
  readonly name: string;
  readonly sizeBytes: number;
  readonly #options: VerityDeviceOptions;
  readonly #blockSize: number;
  readonly #hasher: BlockHasher;
  readonly #memory: DeviceMemory;
  readonly #tree: VerifiedTree;
  readonly #data: VerifiedData;
  readonly #log: CorruptionLog;
  readonly #calls = new CallsUnderWay();

  private constructor(
    options: VerityDeviceOptions,
    identity: VerityIdentity,
    geometry: TreeGeometry,
    memory: DeviceMemory,
    hasher: BlockHasher,
  ) {
    const { data, hash, repairer, hashCacheBytes = defaultHashCacheBytes } = options;
    this.name = `verity:${data.name}`;
    this.sizeBytes = geometry.dataSizeBytes;
    this.#options = options;
    this.#blockSize = geometry.dataBlockSize;
    this.#hasher = hasher;
    this.#memory = memory;
    this.#log = new CorruptionLog(options.corruption === "ignore", options.onCorruption);
    const path = geometry.levels.length + 1;
    const cacheBlocks = Math.max(path, Math.floor(hashCacheBytes / geometry.hashBlockSize));
    const shared = { geometry, hasher, slots: memory.blocks, log: this.#log, repairer };
    this.#tree = new VerifiedTree({ ...shared, hash, rootHash: identity.rootHash, cacheBlocks });
    this.#data = new VerifiedData({ ...shared, data, tree: this.#tree });
  }

  /**
   * Opens a device that holds what `identity` pins.
   *
   * A superblock, where the placement has one, is fetched once and held
   * against the identity. The root block is verified too: the kernel lets a
   * device with the wrong root hash open and then fails every read; refusing
   * it here says so before anything is mounted on it. A device of one data
   * block has no tree (unless `levels` says so), and is checked when it is read.
   *
   * @throws {UsageError} for an identity, placement or size that cannot be, or half a request to ignore corruption.
   * @throws {FormatError} for a malformed superblock; `does-not-fit` where the devices are too small
   *   for the identity, before anything is allocated.
   * @throws {IntegrityError} `identity-mismatch` where the superblock says otherwise (`at.field`);
   *   `hash-block-mismatch` or `spare-not-zero` where the root block is not the one that is pinned.
   * @throws {DeviceError} when the hash device fails.
   */
  static async open(options: VerityDeviceOptions): Promise<VerityDevice> {
    const { data, hash, placement = defaultPlacement, chunkBytes = defaultChunkBytes, signal } = options;
    refuseBadOptions(options);
    checkIdentity(options.identity);
    const identity = copyIdentity(options.identity);
    const geometry = treeGeometry(
      identity,
      identity.dataBlocks,
      firstHashBlock(placement, identity.hashBlockSize),
      options,
    );
    signal?.throwIfAborted();
    if (placement.superblock) {
      const { hashOffsetBytes } = placement;
      try {
        const superblock = await untilAborted(
          readSuperblock(hash, hashOffsetBytes, ioOptions(signal)),
          signal,
        );
        matchSuperblock(superblock, identity, { device: hash.name, offsetBytes: hashOffsetBytes });
      } catch (error) {
        throw hostFailure(error, hash, hashOffsetBytes, signal);
      }
    }
    checkFits(geometry, placement, data, hash);
    const memory = new DeviceMemory(geometry, chunkBytes);
    const hasher = await createBlockHasher({
      algorithm: identity.algorithm,
      salt: identity.salt,
      saltPosition: saltPosition(identity.hashType),
      capacityBytes: memory.sizeBytes,
    });
    const device = new VerityDevice(options, identity, geometry, memory, hasher);
    try {
      await untilAborted(device.#tree.verifyRoot(), signal);
    } catch (error) {
      device.#letMemoryGo();
      throw error;
    }
    return device;
  }

  /** `"C"` once a block has been found corrupt and could not be repaired, and for good. */
  get status(): VerityStatus {
    return this.#log.status;
  }

  /**
   * Fills `into` with verified bytes. See `BlockDevice.read`.
   *
   * An abort rejects at once, whether or not the host's device heeds it; a
   * device that never answers keeps its slot, so wrap such a one in a `DeadlineDevice`.
   *
   * @throws {IntegrityError} `block-mismatch` for a data block, `hash-block-mismatch` or
   *   `spare-not-zero` for a hash block, `at` its device, block and level. Later reads try again.
   * @throws {DeviceError} when the host's I/O fails; it is not retried.
   */
  async read(offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    const signal = options?.signal;
    const lengthBytes = into.length;
    const firstBlock = Math.floor(offsetBytes / this.#blockSize);
    const skipBytes = offsetBytes - firstBlock * this.#blockSize;
    const blocks = Math.ceil((skipBytes + lengthBytes) / this.#blockSize);
    this.#calls.enter(this.name);
    try {
      checkRange(this, offsetBytes, lengthBytes);
      signal?.throwIfAborted();
      if (lengthBytes === 0) return;
      const slots = this.#memory.short;
      if (blocks * this.#blockSize <= slots.slotSizeBytes) {
        let slot = slots.tryTake();
        if (slot === -1) slot = await slots.take(signal);
        const chunk = this.#data.begin(slots, slot, firstBlock, blocks, signal);
        await this.#data.finish(chunk, skipBytes, into, 0, lengthBytes, signal);
      } else {
        await this.#readLong(firstBlock, blocks, skipBytes, into, signal);
      }
    } finally {
      this.#calls.leave();
    }
  }

  /** Waits for the reads under way, then wipes the memory; closes the devices only if asked to at `open`. */
  async close(): Promise<void> {
    this.#options.beforeClose?.();
    await this.#calls.close(() => this.#release());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Chunk by chunk, the next one's I/O running while this one is hashed, if it takes any time. */
  async #readLong(
    firstBlock: number,
    blocks: number,
    skipBytes: number,
    into: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const slots = this.#memory.chunks;
    const perChunk = slots.slotSizeBytes / this.#blockSize;
    const ahead = !readsAtOnce(this.#options.data);
    const begin = (slot: number, done: number): DataChunk =>
      this.#data.begin(slots, slot, firstBlock + done, Math.min(perChunk, blocks - done), signal);
    let filled = 0;
    let chunk: DataChunk | undefined;
    try {
      for (let done = 0; done < blocks; ) {
        chunk ??= begin(await slots.take(signal), done);
        const current: DataChunk = chunk;
        const after = done + current.blocks;
        // Only a slot that is free right now: to wait for one while holding one could deadlock.
        const slot = ahead && after < blocks ? slots.tryTake() : -1;
        chunk = slot === -1 ? undefined : begin(slot, after);
        if (chunk !== undefined) unheard(chunk.io);
        const skip = done === 0 ? skipBytes : 0;
        const length = Math.min(current.blocks * this.#blockSize - skip, into.length - filled);
        await this.#data.finish(current, skip, into, filled, length, signal);
        filled += length;
        done = after;
      }
    } catch (error) {
      if (chunk !== undefined) this.#data.abandon(chunk);
      into.fill(0);
      throw error;
    }
  }

  async #release(): Promise<void> {
    this.#tree.clear();
    const { repairer, closeDevices, data, hash } = this.#options;
    repairer?.close();
    this.#letMemoryGo();
    if (closeDevices) {
      await data.close();
      if (hash !== data) await hash.close();
    }
  }

  /** An I/O that was abandoned may still write: the memory goes when the last such one has settled. */
  #letMemoryGo(): void {
    this.#memory.whenIdle(() => this.#hasher.close());
  }
}

function refuseBadOptions(options: VerityDeviceOptions): void {
  const { corruption = "error", returnCorruptDataToTheCaller = false } = options;
  const refuse = (field: string, message: string) => {
    throw new UsageError("invalid-argument", message, { at: { field } });
  };
  if (corruption !== "error" && corruption !== "ignore") {
    refuse("corruption", `corruption: ${String(corruption)} is neither "error" nor "ignore"`);
  }
  if ((corruption === "ignore") !== returnCorruptDataToTheCaller) {
    refuse(
      "corruption",
      'to be handed corrupt data, ask twice: corruption: "ignore" and returnCorruptDataToTheCaller: true',
    );
  }
  for (const field of ["hashCacheBytes", "chunkBytes"] as const) {
    const size = options[field];
    if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0)) {
      refuse(field, `${field}: ${size} is no number of bytes`);
    }
  }
}

function ioOptions(signal: AbortSignal | undefined): IoOptions {
  return signal === undefined ? {} : { signal };
}
