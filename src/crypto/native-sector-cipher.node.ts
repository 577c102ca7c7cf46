/**
 * Sectors sealed by `node:crypto`, OpenSSL for most: for hosts whose processor
 * has AES instructions, and to hold the WASM core against. Same interface, same
 * bytes.
 *
 * Known limits: OpenSSL keeps copies of a key in memory of its own while a call
 * lasts; it clears them, and nobody here can see to it. What it returns passes
 * through buffers of Node's, which are wiped.
 */
import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { wipe } from "../bytes/wipe.ts";
import { StateError } from "../errors.ts";
import {
  checkCipherOptions,
  checkSlots,
  type SealingSuite,
  type SectorCipher,
  type SectorCipherOptions,
  sectorWords,
} from "./sector-cipher.ts";

/** One sector, as views of the cipher's memory. */
interface Sector {
  readonly nonce: Uint8Array;
  readonly tag: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** What `node:crypto` has for a suite. */
interface NativeSuite {
  seal(key: Uint8Array, sector: Sector): void;
  /** False where the tag is not the true one; the plaintext is anything then. */
  open(key: Uint8Array, sector: Sector): boolean;
}

const nonceSize = 12;
/** The two keys of XTS; HMAC's follows. */
const xtsKeysSize = 64;
const nativeSuites: Readonly<Record<SealingSuite, NativeSuite>> = {
  "chacha20-poly1305": aead("chacha20-poly1305"),
  "aes-256-gcm": aead("aes-256-gcm"),
  "aes-256-xts-hmac-sha256": {
    seal(key, sector) {
      const cipher = createCipheriv("aes-256-xts", key.subarray(0, xtsKeysSize), sector.nonce);
      sector.ciphertext.set(cipher.update(sector.plaintext));
      cipher.final();
      sector.tag.set(macOf(key, sector));
    },
    open(key, sector) {
      if (!timingSafeEqual(macOf(key, sector), sector.tag)) return false;
      const decipher = createDecipheriv("aes-256-xts", key.subarray(0, xtsKeysSize), sector.nonce);
      putAndWipe(decipher.update(sector.ciphertext), sector.plaintext);
      decipher.final();
      return true;
    },
  },
};

/**
 * A cipher on `node:crypto`.
 *
 * @throws {UsageError} as `createSectorCipher`.
 */
export async function createNativeSectorCipher(options: SectorCipherOptions): Promise<SectorCipher> {
  return new NativeSectorCipher(options);
}

function aead(name: "chacha20-poly1305" | "aes-256-gcm"): NativeSuite {
  // Node's types tell the two apart, its functions do not.
  const algorithm = name as "aes-256-gcm";
  return {
    seal(key, { nonce, tag, aad, plaintext, ciphertext }) {
      const cipher = createCipheriv(algorithm, key, nonce.subarray(0, nonceSize), {
        authTagLength: tag.length,
      });
      cipher.setAAD(aad, { plaintextLength: plaintext.length });
      ciphertext.set(cipher.update(plaintext));
      cipher.final();
      tag.set(cipher.getAuthTag());
    },
    open(key, { nonce, tag, aad, plaintext, ciphertext }) {
      const decipher = createDecipheriv(algorithm, key, nonce.subarray(0, nonceSize), {
        authTagLength: tag.length,
      });
      decipher.setAAD(aad, { plaintextLength: ciphertext.length });
      decipher.setAuthTag(tag);
      putAndWipe(decipher.update(ciphertext), plaintext);
      try {
        decipher.final();
        return true;
      } catch {
        return false;
      }
    },
  };
}

function macOf(key: Uint8Array, { nonce, aad, ciphertext }: Sector): Uint8Array {
  const sizes = new DataView(new ArrayBuffer(16));
  sizes.setBigUint64(0, BigInt(aad.length), true);
  sizes.setBigUint64(8, BigInt(ciphertext.length), true);
  const mac = createHmac("sha256", key.subarray(xtsKeysSize));
  return mac.update(aad).update(nonce).update(ciphertext).update(sizes).digest();
}

function putAndWipe(bytes: Uint8Array, into: Uint8Array): void {
  into.set(bytes);
  wipe(bytes);
}

class NativeSectorCipher implements SectorCipher {
  readonly suite: SealingSuite;
  readonly sectorSizeBytes: number;
  readonly tagSizeBytes: number;
  readonly plaintext: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly descriptors: Uint32Array;
  readonly aad: Uint32Array;
  readonly #native: NativeSuite;
  readonly #key: Uint8Array<ArrayBuffer>;
  readonly #capacitySectors: number;
  readonly #aadSizeBytes: number;
  #closed = false;

  constructor(options: SectorCipherOptions) {
    const { keySizeBytes, tagSizeBytes } = checkCipherOptions(options);
    const { suite, sectorSizeBytes, capacitySectors, aadSizeBytes, key, inPlace = false } = options;
    this.suite = suite;
    this.sectorSizeBytes = sectorSizeBytes;
    this.tagSizeBytes = tagSizeBytes;
    this.plaintext = new Uint8Array(sectorSizeBytes * capacitySectors);
    this.ciphertext = inPlace ? this.plaintext : new Uint8Array(sectorSizeBytes * capacitySectors);
    this.descriptors = new Uint32Array(sectorWords.perSlot * capacitySectors);
    this.aad = new Uint32Array(Math.ceil(aadSizeBytes / 4) * capacitySectors);
    this.#native = nativeSuites[suite];
    this.#capacitySectors = capacitySectors;
    this.#aadSizeBytes = aadSizeBytes;
    this.#key = new Uint8Array(keySizeBytes);
    if (key === undefined) crypto.getRandomValues(this.#key);
    else this.#key.set(key);
  }

  seal(firstSlot: number, count: number): void {
    this.#check(firstSlot, count);
    for (let slot = firstSlot; slot < firstSlot + count; slot++) {
      this.#native.seal(this.#key, this.#sector(slot));
    }
  }

  open(firstSlot: number, count: number): number {
    this.#check(firstSlot, count);
    let refused = 0;
    for (let slot = firstSlot; slot < firstSlot + count; slot++) {
      const sector = this.#sector(slot);
      const good = this.#native.open(this.#key, sector);
      if (!good) {
        wipe(sector.plaintext);
        refused++;
      }
      this.descriptors[slot * sectorWords.perSlot + sectorWords.status] = Number(good);
    }
    return refused;
  }

  close(): void {
    this.#closed = true;
    for (const secret of [this.#key, this.plaintext, this.ciphertext, this.descriptors, this.aad]) {
      secret.fill(0);
    }
  }

  #check(firstSlot: number, count: number): void {
    if (this.#closed) throw new StateError("closed", "the cipher is closed: make a new one");
    checkSlots(firstSlot, count, this.#capacitySectors);
  }

  #sector(slot: number): Sector {
    const { buffer } = this.descriptors;
    const at = slot * this.sectorSizeBytes;
    const word = slot * sectorWords.perSlot;
    const aadStride = 4 * Math.ceil(this.#aadSizeBytes / 4);
    return {
      nonce: new Uint8Array(buffer, 4 * (word + sectorWords.nonce), 16),
      tag: new Uint8Array(buffer, 4 * (word + sectorWords.tag), this.tagSizeBytes),
      aad: new Uint8Array(this.aad.buffer, slot * aadStride, this.#aadSizeBytes),
      plaintext: this.plaintext.subarray(at, at + this.sectorSizeBytes),
      ciphertext: this.ciphertext.subarray(at, at + this.sectorSizeBytes),
    };
  }
}
