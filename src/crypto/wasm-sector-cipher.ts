/**
 * Sectors sealed by the WASM core.
 *
 * The owner's region, each part in the middle of a page: see `transferBuffer`.
 *
 *     | descriptors, 64 bytes a slot | aad | plaintext | ciphertext |
 *
 * Made in place it has the last two at the same address: the core takes a stretch of
 * a message in before it writes the one that comes of it.
 *
 * Security: the key is written straight into the core's memory and is wiped
 * with all of it on `close`. The core has no branch and no table lookup that
 * depends on a secret; WASM promises no constant time, engines of today keep
 * it so. Copies in the engine's registers and stack are out of reach.
 */
import { transferOffsetBytes } from "../bytes/transfer-buffer.ts";
import { Core, type CoreExports, type CoreKind, type SectorBatch } from "./core.ts";
import {
  checkCipherOptions,
  checkSlots,
  type SealingSuite,
  type SectorCipher,
  type SectorCipherOptions,
  sectorWords,
  suiteSizes,
} from "./sector-cipher.ts";

const descriptorSize = 4 * sectorWords.perSlot;
/** The core reads these words of a descriptor: where the aad stands, and its size. */
const aadAddressWord = 12;
const aadSizeWord = 13;

/** What the core has for a suite. */
interface CoreSuite {
  /** Where the key is written. */
  keyAddress(core: CoreExports): number;
  /** Takes the key that was written. */
  setKey(core: CoreExports): void;
  seal(core: CoreExports): SealBatch;
  open(core: CoreExports): OpenBatch;
}

type SealBatch = (...batch: SectorBatch) => void;
type OpenBatch = (...batch: SectorBatch) => number;

const chaCha: CoreSuite = {
  keyAddress: (core) => core.chaChaKeyAddress(),
  setKey: (core) => core.setChaChaKey(),
  seal: (core) => core.sealChaCha,
  open: (core) => core.openChaCha,
};

const gcm: CoreSuite = {
  keyAddress: (core) => core.aesKeyAddress(),
  setKey: (core) => core.setGcmKey(),
  seal: (core) => core.sealGcm,
  open: (core) => core.openGcm,
};

const xtsHmac: CoreSuite = {
  keyAddress: (core) => core.aesKeyAddress(),
  setKey: (core) => core.setXtsHmacKeys(),
  seal: (core) => core.sealXtsHmac,
  open: (core) => core.openXtsHmac,
};

const coreSuites: Readonly<Record<SealingSuite, CoreSuite>> = {
  "chacha20-poly1305": chaCha,
  "aes-256-gcm": gcm,
  "aes-256-xts-hmac-sha256": xtsHmac,
};

/**
 * A cipher on the core. `kind` forces one of the core's modules.
 *
 * @throws {UsageError} `invalid-argument` for sizes or a key that cannot be; `unsupported` for an unknown suite.
 */
export async function createWasmSectorCipher(
  options: SectorCipherOptions,
  kind: CoreKind = "auto",
): Promise<SectorCipher> {
  const { keySizeBytes } = checkCipherOptions(options);
  const region = regionOf(options);
  const core = await Core.create(region.sizeBytes, kind);
  const suite = coreSuites[options.suite];
  const keyAddress = suite.keyAddress(core.exports);
  const key = core.bytes.subarray(keyAddress, keyAddress + keySizeBytes);
  if (options.key === undefined) crypto.getRandomValues(key);
  else key.set(options.key);
  suite.setKey(core.exports);
  return new WasmSectorCipher(core, options, region);
}

/** Offsets from the core's base. */
interface Region {
  readonly aad: number;
  /** Of one slot. */
  readonly aadWords: number;
  readonly plaintext: number;
  readonly ciphertext: number;
  readonly sizeBytes: number;
}

function regionOf({
  sectorSizeBytes,
  capacitySectors,
  aadSizeBytes,
  inPlace = false,
}: SectorCipherOptions): Region {
  const page = 2 * transferOffsetBytes;
  const upToPage = (bytes: number): number => Math.ceil(bytes / page) * page;
  const aad = descriptorSize * capacitySectors;
  const aadWords = Math.ceil(aadSizeBytes / 4);
  const plaintext = upToPage(aad + 4 * aadWords * capacitySectors);
  const ciphertext = inPlace ? plaintext : plaintext + upToPage(sectorSizeBytes * capacitySectors);
  return { aad, aadWords, plaintext, ciphertext, sizeBytes: ciphertext + sectorSizeBytes * capacitySectors };
}

class WasmSectorCipher implements SectorCipher {
  readonly suite: SealingSuite;
  readonly sectorSizeBytes: number;
  readonly tagSizeBytes: number;
  readonly plaintext: Uint8Array;
  readonly ciphertext: Uint8Array;
  readonly descriptors: Uint32Array;
  readonly aad: Uint32Array;
  readonly #core: Core;
  readonly #seal: SealBatch;
  readonly #open: OpenBatch;
  readonly #capacitySectors: number;

  constructor(core: Core, options: SectorCipherOptions, region: Region) {
    const { suite, sectorSizeBytes, capacitySectors, aadSizeBytes } = options;
    this.suite = suite;
    this.tagSizeBytes = suiteSizes(suite).tagSizeBytes;
    this.#seal = coreSuites[suite].seal(core.exports);
    this.#open = coreSuites[suite].open(core.exports);
    this.sectorSizeBytes = sectorSizeBytes;
    this.#core = core;
    this.#capacitySectors = capacitySectors;
    const { bytes, base } = core;
    const sectorBytes = sectorSizeBytes * capacitySectors;
    this.plaintext = bytes.subarray(base + region.plaintext, base + region.plaintext + sectorBytes);
    this.ciphertext = bytes.subarray(base + region.ciphertext, base + region.ciphertext + sectorBytes);
    this.descriptors = new Uint32Array(bytes.buffer, base, sectorWords.perSlot * capacitySectors);
    this.aad = new Uint32Array(bytes.buffer, base + region.aad, region.aadWords * capacitySectors);
    for (let slot = 0; slot < capacitySectors; slot++) {
      const word = slot * sectorWords.perSlot;
      this.descriptors[word + aadAddressWord] = base + region.aad + slot * 4 * region.aadWords;
      this.descriptors[word + aadSizeWord] = aadSizeBytes;
    }
  }

  seal(firstSlot: number, count: number): void {
    this.#check(firstSlot, count);
    const size = this.sectorSizeBytes;
    const from = this.plaintext.byteOffset + firstSlot * size;
    const to = this.ciphertext.byteOffset + firstSlot * size;
    this.#seal(this.#descriptor(firstSlot), count, from, size, to, size, size);
  }

  open(firstSlot: number, count: number): number {
    this.#check(firstSlot, count);
    const size = this.sectorSizeBytes;
    const from = this.ciphertext.byteOffset + firstSlot * size;
    const to = this.plaintext.byteOffset + firstSlot * size;
    return this.#open(this.#descriptor(firstSlot), count, from, size, to, size, size);
  }

  close(): void {
    this.#core.close();
  }

  #check(firstSlot: number, count: number): void {
    this.#core.checkOpen();
    checkSlots(firstSlot, count, this.#capacitySectors);
  }

  #descriptor(slot: number): number {
    return this.descriptors.byteOffset + slot * descriptorSize;
  }
}
