/** What a sealed device is made from, and what it cannot be made from. */
import type { SectorCipherFactory } from "../crypto/create-sector-cipher.ts";
import type { SealingSuite } from "../crypto/sector-cipher.ts";
import type { WritableBlockDevice } from "../device/block-device.ts";
import { UsageError } from "../errors.ts";

/** What makes a sealed device. All of it is the guest's choice; the host's bytes select nothing. */
export interface SealedDeviceOptions {
  /** How sectors are sealed; default ChaCha20-Poly1305. */
  readonly suite?: SealingSuite;
  /** What seals; default the WASM core. For Node there is `createNativeSectorCipher`. */
  readonly createCipher?: SectorCipherFactory;
  /** A power of two from 512 to 65,536; default 4096. */
  readonly sectorSizeBytes?: number;
  /**
   * Trusted memory for what is remembered of sectors, 64 MiB by default: 24 bytes a sector, 40 with HMAC. Where
   * that is more, leaves at the disk's end have it, and in memory is a byte a leaf and the records of the
   * topmost leaves. Taken as it is needed.
   */
  readonly tableMemoryBytes?: number;
  /** Trusted memory for leaves in use, where there are any: 16 MiB by default. Taken at once. */
  readonly leafCacheBytes?: number;
  /** Whether `close` closes the device below too; default: it stays the caller's to close. */
  readonly closeDevice?: boolean;
}

/** The size of sectors where the guest chooses none. */
export const defaultSectorSizeBytes = 4096;
/** The budget of records where the guest chooses none. */
export const defaultTableMemoryBytes: number = 64 * 2 ** 20;
/** The cache of leaves where the guest chooses none. */
export const defaultLeafCacheBytes: number = 16 * 2 ** 20;
const leastSectorSize = 512;
const mostSectorSize = 65_536;
const mostSectors = 2 ** 32;

/**
 * Checks that a device has a number of sectors that can be told apart and remembered.
 *
 * @throws {UsageError} `invalid-argument` for none, or more than 2^32.
 */
export function checkSectors(below: WritableBlockDevice, sectors: number, sectorSizeBytes: number): void {
  if (sectors >= 1 && sectors <= mostSectors) return;
  const message = `${below.name} has ${below.sizeBytes} bytes, not 1 to ${mostSectors} sectors of ${sectorSizeBytes}`;
  throw new UsageError("invalid-argument", message, { at: { device: below.name } });
}

/**
 * Checks the size of sectors.
 *
 * @throws {UsageError} `invalid-argument` for one that cannot be.
 */
export function checkSectorSize(sectorSizeBytes: number): void {
  const isPower = Number.isInteger(Math.log2(sectorSizeBytes));
  if (isPower && sectorSizeBytes >= leastSectorSize && sectorSizeBytes <= mostSectorSize) return;
  throw new UsageError(
    "invalid-argument",
    `a sector has a power of two from ${leastSectorSize} to ${mostSectorSize} bytes, not ${sectorSizeBytes}`,
    { at: { field: "sectorSizeBytes" } },
  );
}
