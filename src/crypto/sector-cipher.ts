/**
 * Sealing and opening sectors in batches: authenticated encryption of many
 * messages of one size under one key that is born and dies in the cipher's own
 * memory. What a nonce is made of and what is authenticated beside the sector
 * (the aad) is the caller's business: it must never use a nonce twice.
 */
import { UsageError } from "../errors.ts";

/**
 * How sectors are sealed, by the names that an owner chooses from. The last one is AES-256-XTS
 * (IEEE 1619), the nonce ‖ four zero bytes being its tweak, and then HMAC-SHA-256 of
 *
 *     aad ‖ nonce ‖ four zero bytes ‖ ciphertext ‖ u64 aad size ‖ u64 ciphertext size
 *
 * with the sizes little endian. Its key is XTS's data key ‖ XTS's tweak key ‖ HMAC's.
 */
export type SealingSuite = "chacha20-poly1305" | "aes-256-gcm" | "aes-256-xts-hmac-sha256";

/** What a suite asks for and gives. */
export interface SuiteSizes {
  readonly keySizeBytes: number;
  readonly tagSizeBytes: number;
  /** Sectors have a multiple of it, and not nothing where it is more than one byte. */
  readonly sectorUnitBytes: number;
}

const suites: ReadonlyMap<SealingSuite, SuiteSizes> = new Map([
  ["chacha20-poly1305", { keySizeBytes: 32, tagSizeBytes: 16, sectorUnitBytes: 1 }],
  ["aes-256-gcm", { keySizeBytes: 32, tagSizeBytes: 16, sectorUnitBytes: 1 }],
  ["aes-256-xts-hmac-sha256", { keySizeBytes: 96, tagSizeBytes: 32, sectorUnitBytes: 16 }],
]);

/**
 * The sizes of a suite.
 *
 * @throws {UsageError} `unsupported` for a suite that there is not.
 */
export function suiteSizes(suite: SealingSuite): SuiteSizes {
  const sizes = suites.get(suite);
  if (sizes !== undefined) return sizes;
  const message = `no such suite: ${String(suite)}; there are ${[...suites.keys()].join(", ")}`;
  throw new UsageError("unsupported", message, { at: { field: "suite" } });
}

/** How to make a cipher. All of it is the owner's choice; nothing comes from a host. */
export interface SectorCipherOptions {
  readonly suite: SealingSuite;
  /** Bytes of every message, 0 to 65,536. */
  readonly sectorSizeBytes: number;
  /** How many sectors the cipher's memory holds. */
  readonly capacitySectors: number;
  /** Bytes authenticated beside each sector, 0 to 1,024. */
  readonly aadSizeBytes: number;
  /**
   * As many bytes as the suite's key has, copied; for known keys in tests. Without it the
   * platform's generator writes the key straight into the cipher's memory.
   */
  readonly key?: Uint8Array;
  /**
   * True: plaintext and ciphertext are the same memory. Half the memory, and half of what the
   * processor's cache must hold; what was sealed or opened is no longer there afterwards.
   */
  readonly inPlace?: boolean;
}

/** Where the parts of a slot's descriptor stand, in words of 32 bits from the descriptor's first on. */
export const sectorWords = {
  perSlot: 16,
  /** Three words; with XTS a fourth, 0 unless it is set, ends the tweak. */
  nonce: 0,
  /** As many as the tag has; written by `seal`, read by `open`. */
  tag: 4,
  /** 1 where `open` found the tag true, else 0. */
  status: 14,
} as const;

/**
 * Seals and opens sectors that lie in its own memory, in slots from 0 to
 * `capacitySectors`. One cipher has one owner; its calls are synchronous.
 */
export interface SectorCipher {
  readonly suite: SealingSuite;
  readonly sectorSizeBytes: number;
  readonly tagSizeBytes: number;
  /** Slot i at i × `sectorSizeBytes`. Never detached. */
  readonly plaintext: Uint8Array;
  /** Slot i at i × `sectorSizeBytes`. Never detached. The same as `plaintext` in a cipher made `inPlace`. */
  readonly ciphertext: Uint8Array;
  /** Nonces, tags and statuses: see `sectorWords`. */
  readonly descriptors: Uint32Array;
  /** Slot i's `aadSizeBytes` bytes, from word i × ⌈`aadSizeBytes` ÷ 4⌉ on. */
  readonly aad: Uint32Array;
  /**
   * Seals the plaintext of `count` slots from `firstSlot` on: fills their ciphertext and their tags.
   *
   * @throws {UsageError} `out-of-bounds` for slots that are not there.
   * @throws {StateError} `closed` after `close`.
   */
  seal(firstSlot: number, count: number): void;
  /**
   * Opens the ciphertext of `count` slots: fills their plaintext and their statuses. Where the tag
   * is not the true one the plaintext is zeros.
   *
   * @returns how many were refused.
   * @throws as `seal`.
   */
  open(firstSlot: number, count: number): number;
  /** Wipes key, sectors and all that was derived from them. Closing twice is no error. */
  close(): void;
}

const maxSectorSize = 65_536;
const maxAadSize = 1024;

/**
 * Checks what a cipher is made from.
 *
 * @returns the suite's sizes.
 * @throws {UsageError} `invalid-argument` for sizes or a key that cannot be; `unsupported` for an unknown suite.
 */
export function checkCipherOptions(options: SectorCipherOptions): SuiteSizes {
  const { suite, sectorSizeBytes, capacitySectors, aadSizeBytes, key } = options;
  const sizes = suiteSizes(suite);
  const refuse = (field: string, message: string): never => {
    throw new UsageError("invalid-argument", message, { at: { field } });
  };
  if (!Number.isSafeInteger(sectorSizeBytes) || sectorSizeBytes < 0 || sectorSizeBytes > maxSectorSize) {
    refuse("sectorSizeBytes", `a sector has 0 to ${maxSectorSize} bytes, not ${sectorSizeBytes}`);
  }
  const unit = sizes.sectorUnitBytes;
  if (unit > 1 && (sectorSizeBytes < unit || sectorSizeBytes % unit !== 0)) {
    refuse("sectorSizeBytes", `${suite} takes sectors of whole ${unit} bytes, not of ${sectorSizeBytes}`);
  }
  if (!Number.isSafeInteger(capacitySectors) || capacitySectors < 1) {
    refuse("capacitySectors", `a cipher cannot hold ${capacitySectors} sectors`);
  }
  if (!Number.isSafeInteger(aadSizeBytes) || aadSizeBytes < 0 || aadSizeBytes > maxAadSize) {
    refuse("aadSizeBytes", `aad has 0 to ${maxAadSize} bytes, not ${aadSizeBytes}`);
  }
  if (key !== undefined && key.length !== sizes.keySizeBytes) {
    refuse("key", `a key of ${suite} has ${sizes.keySizeBytes} bytes, not ${key.length}`);
  }
  return sizes;
}

/**
 * Checks the arguments of `seal` and `open`.
 *
 * @throws {UsageError} `out-of-bounds` for slots that are not there.
 */
export function checkSlots(firstSlot: number, count: number, capacitySectors: number): void {
  const whole = Number.isSafeInteger(firstSlot) && Number.isSafeInteger(count);
  if (whole && firstSlot >= 0 && count >= 0 && firstSlot + count <= capacitySectors) return;
  throw new UsageError("out-of-bounds", `slots ${firstSlot} + ${count} are not inside ${capacitySectors}`);
}
