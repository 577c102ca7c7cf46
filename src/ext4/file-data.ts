/**
 * The content of a file that can be written. Whole blocks of larger writes go
 * from the caller's memory to the device at once; smaller ones wait with all else
 * that was changed.
 */
import type { IoOptions } from "../device/block-device.ts";
import { FileError } from "../errors.ts";
import type { FileStretch } from "../tree/file-tree.ts";
import { dataBlock } from "./block-kind.ts";
import { type ExtentTree, extentTreeOf, LOGICAL_END } from "./extent-tree.ts";
import { type FilePiece, mapForWriting } from "./file-pieces.ts";
import type { LiveInode } from "./live-inode.ts";
import type { WritableVolume } from "./writable-volume.ts";

/** From so many bytes on whole blocks go to the device at once. */
const directBytes = 64 << 10;

/** The content of one file. What changes something is called inside a change. */
export class FileData {
  readonly #volume: WritableVolume;
  readonly #inode: LiveInode;
  readonly #blockSizeBytes: number;

  constructor(volume: WritableVolume, inode: LiveInode) {
    this.#volume = volume;
    this.#inode = inode;
    this.#blockSizeBytes = volume.geometry.blockSizeBytes;
  }

  /** Fills `into` as far as the file goes; on rejection it holds zeros. */
  async read(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<number> {
    const lengthBytes = Math.max(0, Math.min(into.length, this.#inode.sizeBytes - offsetBytes));
    try {
      for (let done = 0; done < lengthBytes; ) {
        const part = into.subarray(done, lengthBytes);
        done += await this.#readSome(offsetBytes + done, part, options);
      }
    } catch (error) {
      into.fill(0);
      throw error;
    }
    return lengthBytes;
  }

  /** The first stretch at or after an offset that is no hole, up to the next hole. */
  async nextData(offsetBytes: number, options: IoOptions): Promise<FileStretch | undefined> {
    const size = this.#blockSizeBytes;
    const { sizeBytes } = this.#inode;
    let from: number | undefined;
    let logical = Math.floor(offsetBytes / size);
    while (logical * size < sizeBytes) {
      const extent = await this.#tree.next(logical, options);
      const joins = extent?.written === true && (from === undefined || extent.logical <= logical);
      if (extent === undefined || (from !== undefined && !joins)) break;
      if (joins) from ??= Math.max(extent.logical * size, offsetBytes);
      logical = extent.logical + extent.blocks;
    }
    if (from === undefined || from >= sizeBytes) return undefined;
    return { offsetBytes: from, lengthBytes: Math.min(logical * size, sizeBytes) - from };
  }

  /**
   * Writes as much as there is space for.
   *
   * @returns how many bytes were written.
   * @throws {FileError} `ENOSPC` where there is no space for a first byte, `EFBIG` past what a file can have.
   * @throws {DeviceError} when the device fails. What was new is not there then; what replaced content that was
   *   there is kept in memory, since the old may be lost: it reads as written.
   */
  async write(offsetBytes: number, from: Uint8Array, options: IoOptions): Promise<number> {
    if (from.length === 0) return 0;
    const limitBytes = LOGICAL_END * this.#blockSizeBytes;
    if (offsetBytes >= limitBytes) throw new FileError("EFBIG", "write");
    const wantedEnd = Math.min(offsetBytes + from.length, limitBytes);
    const firstBlock = Math.floor(offsetBytes / this.#blockSizeBytes);
    const endBlock = Math.ceil(wantedEnd / this.#blockSizeBytes);
    const pieces = await mapForWriting(this.#volume, this.#inode, firstBlock, endBlock, options);
    const last = pieces.at(-1);
    if (last === undefined) throw new FileError("ENOSPC", "write");
    const end = Math.min(wantedEnd, (last.logical + last.blocks) * this.#blockSizeBytes);
    const written = from.subarray(0, end - offsetBytes);
    await this.#put(pieces, offsetBytes, written, options);
    if (end > this.#inode.sizeBytes) this.#inode.sizeBytes = end;
    this.#inode.touch();
    return written.length;
  }

  /** Gives the file a size: what is behind is gone, what is new is a hole. */
  async truncate(sizeBytes: number, options: IoOptions): Promise<void> {
    if (sizeBytes > LOGICAL_END * this.#blockSizeBytes) throw new FileError("EFBIG", "ftruncate");
    if (sizeBytes <= this.#inode.sizeBytes) {
      const endBlock = Math.ceil(sizeBytes / this.#blockSizeBytes);
      if (sizeBytes < this.#inode.sizeBytes) {
        await this.#zero(sizeBytes, endBlock * this.#blockSizeBytes, options);
      }
      await this.#tree.remove(endBlock, 2 ** 32, options);
    }
    this.#inode.sizeBytes = sizeBytes;
    this.#inode.touch();
  }

  /**
   * Takes space for a range: holes become blocks that are not written.
   *
   * @throws {FileError} `ENOSPC`, `EFBIG`.
   */
  async allocate(
    offsetBytes: number,
    lengthBytes: number,
    keepSize: boolean,
    options: IoOptions,
  ): Promise<void> {
    const end = offsetBytes + lengthBytes;
    if (end > LOGICAL_END * this.#blockSizeBytes) throw new FileError("EFBIG", "fallocate");
    const endBlock = Math.ceil(end / this.#blockSizeBytes);
    for (let at = Math.floor(offsetBytes / this.#blockSizeBytes); at < endBlock; ) {
      const mapping = await this.#tree.find(at, options);
      const blocks = Math.min(mapping.logical + mapping.blocks, endBlock) - at;
      if (mapping.start === undefined) at += await this.#allocateSome(at, blocks, options);
      else at += blocks;
    }
    if (!keepSize && end > this.#inode.sizeBytes) this.#inode.sizeBytes = end;
    this.#inode.touch();
  }

  /** Makes a range read as zeros and gives back its whole blocks. */
  async punchHole(offsetBytes: number, lengthBytes: number, options: IoOptions): Promise<void> {
    const size = this.#blockSizeBytes;
    const end = Math.min(offsetBytes + lengthBytes, Math.ceil(this.#inode.sizeBytes / size) * size);
    this.#inode.touch();
    if (end <= offsetBytes) return;
    const firstBlock = Math.ceil(offsetBytes / size);
    const endBlock = Math.floor(end / size);
    await this.#zero(offsetBytes, Math.min(firstBlock * size, end), options);
    if (endBlock >= firstBlock) await this.#zero(endBlock * size, end, options);
    if (endBlock > firstBlock) await this.#tree.remove(firstBlock, endBlock, options);
  }

  get #tree(): ExtentTree {
    return extentTreeOf(this.#volume, this.#inode);
  }

  /** Takes some of the blocks of a hole. */
  async #allocateSome(logical: number, blocks: number, options: IoOptions): Promise<number> {
    const goal = (await this.#tree.goalFor(logical, options)) ?? this.#volume.inodes.goalOf(this.#inode);
    const held = this.#inode.isOrphan;
    const range = await this.#volume.blocks.allocate(goal, blocks, { ...options, held });
    await this.#tree.insert({ logical, blocks: range.count, start: range.block, written: false }, options);
    this.#inode.addBlocks(range.count);
    return range.count;
  }

  /** Zeros a part of one block, where that was written. */
  async #zero(offsetBytes: number, endBytes: number, options: IoOptions): Promise<void> {
    if (endBytes <= offsetBytes) return;
    const logical = Math.floor(offsetBytes / this.#blockSizeBytes);
    const { start, written, logical: first } = await this.#tree.find(logical, options);
    if (start === undefined || !written) return;
    const bytes = await this.#volume.modifyBlock(start + (logical - first), dataBlock, options);
    const from = offsetBytes - logical * this.#blockSizeBytes;
    bytes.fill(0, from, from + (endBytes - offsetBytes));
  }

  /** Reads up to the end of what stands together. */
  async #readSome(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<number> {
    const size = this.#blockSizeBytes;
    const logical = Math.floor(offsetBytes / size);
    const mapping = await this.#tree.find(logical, options);
    const inMapping = offsetBytes - mapping.logical * size;
    const lengthBytes = Math.min(into.length, mapping.blocks * size - inMapping);
    const part = into.subarray(0, lengthBytes);
    if (mapping.start === undefined || !mapping.written) part.fill(0);
    else await this.#readStretch(mapping.start * size + inMapping, part, options);
    return lengthBytes;
  }

  /** Reads bytes that stand together, those of changed blocks from memory and the others from the device. */
  async #readStretch(deviceBytes: number, into: Uint8Array, options: IoOptions): Promise<void> {
    const size = this.#blockSizeBytes;
    const end = deviceBytes + into.length;
    const first = Math.floor(deviceBytes / size);
    const changed = this.#volume.dirtyWithin(first, Math.ceil(end / size) - first);
    let at = deviceBytes;
    for (const block of changed) {
      const from = Math.max(block * size, deviceBytes);
      if (from > at) {
        await this.#volume.device.read(at, into.subarray(at - deviceBytes, from - deviceBytes), options);
      }
      at = Math.min((block + 1) * size, end);
      const bytes = await this.#volume.viewBlock(block, dataBlock, options);
      into.set(bytes.subarray(from - block * size, at - block * size), from - deviceBytes);
    }
    if (at < end) await this.#volume.device.read(at, into.subarray(at - deviceBytes), options);
  }

  async #put(
    pieces: readonly FilePiece[],
    offsetBytes: number,
    from: Uint8Array,
    options: IoOptions,
  ): Promise<void> {
    const size = this.#blockSizeBytes;
    const direct: { block: number; bytes: Uint8Array; fresh: boolean }[] = [];
    const end = offsetBytes + from.length;
    // First what may have to be read: nothing has happened yet where that fails.
    for (const { logical, blocks, block, fresh } of pieces) {
      const start = Math.max(offsetBytes, logical * size);
      const pieceEnd = Math.min(end, (logical + blocks) * size);
      const whole = Math.min(Math.ceil(start / size) * size, pieceEnd);
      const wholeEnd = Math.max(Math.floor(pieceEnd / size) * size, whole);
      const isDirect = wholeEnd - whole >= directBytes;
      const bytesAt = (at: number, until: number): Uint8Array =>
        from.subarray(at - offsetBytes, until - offsetBytes);
      for (let at = start; at < pieceEnd; ) {
        if (isDirect && at === whole) {
          const first = block + (at / size - logical);
          direct.push({ block: first, bytes: bytesAt(whole, wholeEnd), fresh });
          at = wholeEnd;
          continue;
        }
        const each = Math.floor(at / size);
        const until = Math.min((each + 1) * size, pieceEnd);
        const content = bytesAt(at, until);
        const target = block + (each - logical);
        if (fresh || content.length === size) this.#putWhole(target, at - each * size, content);
        else await this.#putPart(target, at - each * size, content, options);
        at = until;
      }
    }
    if (direct.length > 0) await this.#putDirect(direct);
  }

  /** Puts bytes into one block that waits to be written, of which nothing else counts. */
  #putWhole(block: number, start: number, bytes: Uint8Array): void {
    if (bytes.length === this.#blockSizeBytes) this.#volume.keepData(block, bytes);
    else this.#volume.newBlock(block, dataBlock).set(bytes, start);
  }

  /** Puts bytes into one block of content that is there. */
  async #putPart(block: number, start: number, bytes: Uint8Array, options: IoOptions): Promise<void> {
    (await this.#volume.modifyBlock(block, dataBlock, options)).set(bytes, start);
  }

  async #putDirect(
    direct: readonly { readonly block: number; readonly bytes: Uint8Array; readonly fresh: boolean }[],
  ): Promise<void> {
    try {
      for (const { block, bytes } of direct) await this.#volume.writeData(block, bytes);
    } catch (error) {
      if (direct.every(({ fresh }) => fresh)) throw error;
      // Nobody knows what stands where content was: the new takes its place, and waits to be written.
      for (const { block, bytes } of direct) this.#volume.keepData(block, bytes);
    }
  }
}
