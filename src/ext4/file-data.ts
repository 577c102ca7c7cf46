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

/** Whole blocks of a write that go to the device at once. */
interface DirectPiece {
  /** The first on the device. */
  readonly block: number;
  readonly bytes: Uint8Array;
  /** What stands there is not the file's. */
  readonly fresh: boolean;
}

/** What a write came to. */
interface Written {
  readonly writtenBytes: number;
  /** What is yet to go to the device. */
  readonly direct: readonly DirectPiece[];
}

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
  nextData(offsetBytes: number): FileStretch | undefined {
    const size = this.#blockSizeBytes;
    const { sizeBytes } = this.#inode;
    let from: number | undefined;
    let logical = Math.floor(offsetBytes / size);
    while (logical * size < sizeBytes) {
      const extent = this.#tree.next(logical);
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
  write(offsetBytes: number, from: Uint8Array): number | Promise<number> {
    const { writtenBytes, direct } = this.#write(offsetBytes, from, directBytes);
    return direct.length === 0 ? writtenBytes : this.#putDirect(direct).then(() => writtenBytes);
  }

  /** As `write`, and all of it waits in memory: of what is small. */
  keep(offsetBytes: number, from: Uint8Array): number {
    return this.#write(offsetBytes, from, Number.POSITIVE_INFINITY).writtenBytes;
  }

  /** Gives the file a size: what is behind is gone, what is new is a hole. */
  truncate(sizeBytes: number): void {
    if (sizeBytes > LOGICAL_END * this.#blockSizeBytes) throw new FileError("EFBIG", "ftruncate");
    if (sizeBytes <= this.#inode.sizeBytes) {
      const endBlock = Math.ceil(sizeBytes / this.#blockSizeBytes);
      if (sizeBytes < this.#inode.sizeBytes) {
        this.#zero(sizeBytes, endBlock * this.#blockSizeBytes);
      }
      this.#tree.remove(endBlock, 2 ** 32);
    }
    this.#inode.sizeBytes = sizeBytes;
    this.#inode.touch();
  }

  /**
   * Takes space for a range: holes become blocks that are not written.
   *
   * @throws {FileError} `ENOSPC`, `EFBIG`.
   */
  allocate(offsetBytes: number, lengthBytes: number, keepSize: boolean): void {
    const end = offsetBytes + lengthBytes;
    if (end > LOGICAL_END * this.#blockSizeBytes) throw new FileError("EFBIG", "fallocate");
    const endBlock = Math.ceil(end / this.#blockSizeBytes);
    for (let at = Math.floor(offsetBytes / this.#blockSizeBytes); at < endBlock; ) {
      const mapping = this.#tree.find(at);
      const blocks = Math.min(mapping.logical + mapping.blocks, endBlock) - at;
      if (mapping.start === undefined) at += this.#allocateSome(at, blocks);
      else at += blocks;
    }
    if (!keepSize && end > this.#inode.sizeBytes) this.#inode.sizeBytes = end;
    this.#inode.touch();
  }

  /** Makes a range read as zeros and gives back its whole blocks. */
  punchHole(offsetBytes: number, lengthBytes: number): void {
    const size = this.#blockSizeBytes;
    const end = Math.min(offsetBytes + lengthBytes, Math.ceil(this.#inode.sizeBytes / size) * size);
    this.#inode.touch();
    if (end <= offsetBytes) return;
    const firstBlock = Math.ceil(offsetBytes / size);
    const endBlock = Math.floor(end / size);
    this.#zero(offsetBytes, Math.min(firstBlock * size, end));
    if (endBlock >= firstBlock) this.#zero(endBlock * size, end);
    if (endBlock > firstBlock) this.#tree.remove(firstBlock, endBlock);
  }

  get #tree(): ExtentTree {
    return extentTreeOf(this.#volume, this.#inode);
  }

  /** Takes some of the blocks of a hole. */
  #allocateSome(logical: number, blocks: number): number {
    const goal = this.#tree.goalFor(logical) ?? this.#volume.inodes.goalOf(this.#inode);
    const held = this.#inode.isOrphan;
    const range = this.#volume.blocks.allocate(goal, blocks, { held });
    this.#tree.insert({ logical, blocks: range.count, start: range.block, written: false });
    this.#inode.addBlocks(range.count);
    return range.count;
  }

  /** Zeros a part of one block, where that was written. */
  #zero(offsetBytes: number, endBytes: number): void {
    if (endBytes <= offsetBytes) return;
    const logical = Math.floor(offsetBytes / this.#blockSizeBytes);
    const { start, written, logical: first } = this.#tree.find(logical);
    if (start === undefined || !written) return;
    const bytes = this.#volume.modifyBlock(start + (logical - first), dataBlock);
    const from = offsetBytes - logical * this.#blockSizeBytes;
    bytes.fill(0, from, from + (endBytes - offsetBytes));
  }

  /** Reads up to the end of what stands together. */
  async #readSome(offsetBytes: number, into: Uint8Array, options: IoOptions): Promise<number> {
    const size = this.#blockSizeBytes;
    const logical = Math.floor(offsetBytes / size);
    const mapping = await this.#volume.inMemory(() => this.#tree.find(logical), options);
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
      const bytes = this.#volume.viewBlock(block, dataBlock);
      into.set(bytes.subarray(from - block * size, at - block * size), from - deviceBytes);
    }
    if (at < end) await this.#volume.device.read(at, into.subarray(at - deviceBytes), options);
  }

  /** @param directFromBytes so many bytes of whole blocks are left for `#putDirect`. */
  #write(offsetBytes: number, from: Uint8Array, directFromBytes: number): Written {
    if (from.length === 0) return { writtenBytes: 0, direct: [] };
    const limitBytes = LOGICAL_END * this.#blockSizeBytes;
    if (offsetBytes >= limitBytes) throw new FileError("EFBIG", "write");
    const wantedEnd = Math.min(offsetBytes + from.length, limitBytes);
    const firstBlock = Math.floor(offsetBytes / this.#blockSizeBytes);
    const endBlock = Math.ceil(wantedEnd / this.#blockSizeBytes);
    const pieces = mapForWriting(this.#volume, this.#inode, firstBlock, endBlock);
    const last = pieces.at(-1);
    if (last === undefined) throw new FileError("ENOSPC", "write");
    const end = Math.min(wantedEnd, (last.logical + last.blocks) * this.#blockSizeBytes);
    const written = from.subarray(0, end - offsetBytes);
    const direct = this.#put(pieces, offsetBytes, written, directFromBytes);
    if (end > this.#inode.sizeBytes) this.#inode.sizeBytes = end;
    this.#inode.touch();
    return { writtenBytes: written.length, direct };
  }

  /** @returns what goes to the device at once, by way of `#putDirect`: nothing that may have to be read first. */
  #put(
    pieces: readonly FilePiece[],
    offsetBytes: number,
    from: Uint8Array,
    directFromBytes: number,
  ): DirectPiece[] {
    const size = this.#blockSizeBytes;
    const direct: DirectPiece[] = [];
    const end = offsetBytes + from.length;
    for (const { logical, blocks, block, fresh } of pieces) {
      const start = Math.max(offsetBytes, logical * size);
      const pieceEnd = Math.min(end, (logical + blocks) * size);
      const whole = Math.min(Math.ceil(start / size) * size, pieceEnd);
      const wholeEnd = Math.max(Math.floor(pieceEnd / size) * size, whole);
      const isDirect = wholeEnd - whole >= directFromBytes;
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
        if (fresh || content.length === size) this.#volume.keepData(target, content, at - each * size);
        else this.#putPart(target, at - each * size, content);
        at = until;
      }
    }
    return direct;
  }

  /** Puts bytes into one block of content that is there. */
  #putPart(block: number, start: number, bytes: Uint8Array): void {
    this.#volume.modifyBlock(block, dataBlock).set(bytes, start);
  }

  async #putDirect(direct: readonly DirectPiece[]): Promise<void> {
    try {
      for (const { block, bytes } of direct) await this.#volume.writeData(block, bytes);
    } catch (error) {
      if (direct.every(({ fresh }) => fresh)) throw error;
      // Nobody knows what stands where content was: the new takes its place, and waits to be written.
      const size = this.#blockSizeBytes;
      for (const { block, bytes } of direct) {
        for (let at = 0; at < bytes.length; at += size) {
          this.#volume.keepData(block + at / size, bytes.subarray(at, at + size), 0);
        }
      }
    }
  }
}
