/**
 * How much one key may seal. A cipher of blocks of 128 bits is told from a random
 * function by the blocks that do not come twice: an observer's advantage grows
 * with the square of their number σ, long before it is a danger to any content.
 * A key is used no further than keeps that below 2^-32, and there is no other key.
 *
 * - AES-256-GCM with numbers as nonces (SP 800-38D, 8.2.1; the limit of 2^32 calls
 *   of 8.3 is one of nonces by chance): at most (σ + calls + 1)² ÷ 2^129
 *   (draft-irtf-cfrg-aead-limits, 5.1.1), which is 2^-33 at 2^48 blocks, 4 PiB.
 * - AES-256-XTS: at most 9.5 σ² ÷ 2^128 (Rogaway, "Efficient Instantiations of Tweakable
 *   Blockciphers", 2004), which is 2^-36 at the 2^44 blocks, 256 TiB, that IEEE
 *   Std 1619-2025 lets a key have at most. A sector is a data unit: 2^12 blocks or less
 *   of the 2^20 that SP 800-38E allows. HMAC's key comes to nothing near its limit.
 * - ChaCha20-Poly1305: what it seals with is a function and no permutation, so blocks that
 *   come twice are no distinction; the sequence of writes ends first.
 */
import type { SealingSuite } from "../crypto/sector-cipher.ts";
import { StateError } from "../errors.ts";

const blockBytes = 16;
/** Those of GCM's bound, the aad and the call itself; with XTS the tweak is one. */
const blocksBesideContent = 2;

/** Blocks of 16 bytes that a key of each suite may encrypt. */
const mostBlocks: Readonly<Record<SealingSuite, number>> = {
  "chacha20-poly1305": Number.POSITIVE_INFINITY,
  "aes-256-gcm": 2 ** 48,
  "aes-256-xts-hmac-sha256": 2 ** 44,
};

/** Counts what has been sealed under a key, and stops before it is too much. */
export class KeyUsage {
  readonly #suite: SealingSuite;
  #sectorsLeft: number;

  /** @param sealedSectors how many the key has sealed already: the tests start near the end. */
  constructor(suite: SealingSuite, sectorSizeBytes: number, sealedSectors: number = 0) {
    this.#suite = suite;
    this.#sectorsLeft = KeyUsage.mostSectors(suite, sectorSizeBytes) - sealedSectors;
  }

  /** A key that was made just now. */
  static ofNewKey(suite: SealingSuite, sectorSizeBytes: number): KeyUsage {
    return new KeyUsage(suite, sectorSizeBytes);
  }

  /** The key seals nothing any more. */
  get isUsedUp(): boolean {
    return this.#sectorsLeft === 0;
  }

  /** How many sectors of a size one key of a suite may seal. */
  static mostSectors(suite: SealingSuite, sectorSizeBytes: number): number {
    return Math.floor(mostBlocks[suite] / (sectorSizeBytes / blockBytes + blocksBesideContent));
  }

  /**
   * Counts `count` sectors that are about to be sealed.
   *
   * @throws {StateError} `exhausted` where that is more than the key may seal; none is counted then.
   */
  take(count: number): void {
    this.require(count);
    this.#sectorsLeft -= count;
  }

  /** As `take`, without counting them. */
  require(count: number): void {
    if (count <= this.#sectorsLeft) return;
    const most = Math.log2(mostBlocks[this.#suite]);
    throw new StateError(
      "exhausted",
      `one key of ${this.#suite} seals 2^${most} blocks of ${blockBytes} bytes and no more, and this one has: copy what is there to a new sealed device, which has a key of its own`,
    );
  }
}
