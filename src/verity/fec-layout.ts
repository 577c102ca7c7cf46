/**
 * What forward error correction protects, and where its parity stands.
 *
 *     message = data blocks ‖ hash device from the first hash block on
 *     rounds  = ceil(blocks / (255 − roots))
 *
 * The message is laid out in 255 − roots rows of `rounds` blocks each. Byte
 * c of the blocks in column `round` of that rectangle is one codeword; rows
 * behind the end of the message count as zeros:
 *
 *              round 0   round 1   …            block = row · rounds + round
 *     row 0  [ block 0 ][ block 1 ] …
 *     row 1  [ block R ][ R + 1   ] …           parity of (round, c) at
 *     …                                         offset + (round · blockSize + c) · roots
 *
 * So neighbours lie in different codewords, and a burst of damage is spread.
 * The hash device is covered to its end, or to the parity where that follows
 * on the same device: bytes behind the tree are foreign, but covered too.
 *
 * Sources: kernel `Documentation/admin-guide/device-mapper/verity.rst`,
 * `drivers/md/dm-verity-fec.c`; cryptsetup `lib/verity/verity_fec.c`.
 */
import { checkRoots, messageSymbols } from "../crypto/reed-solomon-code.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, UsageError } from "../errors.ts";
import { checkFits, hashAreaEndBytes, type TreeGeometry } from "./geometry.ts";
import type { VerityPlacement } from "./placement.ts";

/** Where the parity is. The roots and the offset are the caller's, the device is the host's. */
export interface FecParameters<Device extends BlockDevice = BlockDevice> {
  /** Parity bytes per codeword, 2 to 24. */
  readonly roots: number;
  /**
   * Holds the parity. Where it is also the hash device or the data device, it
   * must be the same object: what the parity covers depends on it.
   */
  readonly device: Device;
  /** Where on the device the parity starts: a multiple of 512. */
  readonly offsetBytes: number;
}

/** The rectangle described at the head of this file, as pure arithmetic. */
export class FecLayout {
  readonly roots: number;
  /** Size of a data block, and of a hash block. */
  readonly blockSize: number;
  /** Blocks of the message that are data blocks; they come first. */
  readonly dataBlocks: number;
  /** Index on the hash device of the first block that is covered, in blocks. */
  readonly firstHashBlock: number;
  /** Blocks of the message on the hash device: the tree, and what follows it. */
  readonly hashBlocks: number;
  /** Rows of the rectangle: symbols of a codeword's message. */
  readonly rows: number;
  /** Columns of the rectangle, in blocks. */
  readonly rounds: number;

  constructor(roots: number, geometry: TreeGeometry, hashBlocks: number) {
    this.roots = roots;
    this.blockSize = geometry.dataBlockSize;
    this.dataBlocks = geometry.dataBlocks;
    this.firstHashBlock = geometry.firstHashBlock;
    this.hashBlocks = hashBlocks;
    this.rows = messageSymbols(roots);
    this.rounds = Math.ceil(this.blocks / this.rows);
  }

  /** Blocks of the message: what the kernel's table calls `fec_blocks`. */
  get blocks(): number {
    return this.dataBlocks + this.hashBlocks;
  }

  /** Size of one round's parity, in bytes. */
  get roundParitySizeBytes(): number {
    return this.blockSize * this.roots;
  }

  /** Size of all parity, in bytes. */
  get paritySizeBytes(): number {
    return this.rounds * this.roundParitySizeBytes;
  }

  /** The message block in a row of a round; `blocks` or more where it counts as zeros. */
  blockAt(row: number, round: number): number {
    return row * this.rounds + round;
  }

  /** The round that a message block is in. */
  roundOf(block: number): number {
    return block % this.rounds;
  }

  /** The row that a message block is in. */
  rowOf(block: number): number {
    return Math.floor(block / this.rounds);
  }
}

/**
 * The layout of parity over a volume.
 *
 * @param hash its size is the host's word, and decides how much is covered.
 * @throws {UsageError} `invalid-argument` for roots other than 2 to 24, block sizes that differ,
 *   or an offset that is no multiple of 512 or lies in the data or hash area on the same device.
 * @throws {FormatError} `does-not-fit` where the devices do not hold data, tree or parity.
 */
export function fecLayout(
  fec: FecParameters,
  geometry: TreeGeometry,
  placement: VerityPlacement,
  data: BlockDevice,
  hash: BlockDevice,
): FecLayout {
  checkRoots(fec.roots);
  if (geometry.dataBlockSize !== geometry.hashBlockSize) {
    refuse(
      "hashBlockSize",
      `data blocks of ${geometry.dataBlockSize} bytes and hash blocks of ${geometry.hashBlockSize} must match`,
    );
  }
  checkFits(geometry, placement, data, hash);
  checkOffset(fec, geometry, placement, data, hash);
  const coveredBytes = fec.device === hash ? fec.offsetBytes : hash.sizeBytes;
  const hashBlocks = Math.floor(coveredBytes / geometry.hashBlockSize) - geometry.firstHashBlock;
  const layout = new FecLayout(fec.roots, geometry, Math.max(0, hashBlocks));
  const endBytes = fec.offsetBytes + layout.paritySizeBytes;
  if (endBytes > fec.device.sizeBytes) {
    throw new FormatError(
      "does-not-fit",
      `the parity ends at byte ${endBytes}, ${fec.device.name} has ${fec.device.sizeBytes}`,
      { at: { device: fec.device.name, field: "offsetBytes" } },
    );
  }
  return layout;
}

/**
 * How many bytes of parity a volume needs, for whoever makes its FEC device.
 *
 * @param coveredBytes the hash device's size; or the parity's offset, where it follows on that device.
 * @throws {UsageError} `invalid-argument` for roots other than 2 to 24.
 */
export function paritySizeBytes(roots: number, geometry: TreeGeometry, coveredBytes: number): number {
  checkRoots(roots);
  const hashBlocks = Math.floor(coveredBytes / geometry.hashBlockSize) - geometry.firstHashBlock;
  return new FecLayout(roots, geometry, Math.max(0, hashBlocks)).paritySizeBytes;
}

function checkOffset(
  { device, offsetBytes }: FecParameters,
  geometry: TreeGeometry,
  placement: VerityPlacement,
  data: BlockDevice,
  hash: BlockDevice,
): void {
  if (!Number.isSafeInteger(offsetBytes) || offsetBytes < 0 || offsetBytes % 512 !== 0) {
    refuse("offsetBytes", `${offsetBytes} is no multiple of 512`);
  }
  if (device === data && offsetBytes < geometry.dataSizeBytes) {
    refuse("offsetBytes", `${offsetBytes} lies in the data area, which ends at ${geometry.dataSizeBytes}`);
  }
  const hashEndBytes = hashAreaEndBytes(geometry, placement);
  if (device === hash && offsetBytes < hashEndBytes) {
    refuse("offsetBytes", `${offsetBytes} lies in the hash area, which ends at ${hashEndBytes}`);
  }
}

function refuse(field: string, why: string): never {
  throw new UsageError("invalid-argument", `forward error correction, ${field}: ${why}`, { at: { field } });
}
