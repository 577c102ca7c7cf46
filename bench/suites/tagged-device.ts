/**
 * The counterpart of `SealedDevice` without freshness: the same cipher, the same batches and
 * the same device below, but each sector's nonce and tag lie on the disk behind the data, as
 * dm-integrity keeps them. What opened once opens for ever.
 */
import { randomBytes } from "node:crypto";
import { createSectorCipher, type SectorCipher, sectorWords } from "sealstone/crypto";
import { MemoryDevice } from "sealstone/device";

const size = 4096;
const batch = 64;
/** The nonce's counter and the tag: as many bytes as a record has in memory. */
const metadataWords = 6;

/** See the head of this file. Offsets and lengths are those of whole sectors. */
export class TaggedDevice {
  readonly #sizeBytes: number;
  readonly #below: MemoryDevice;
  readonly #cipher: SectorCipher;
  readonly #transfer = new Uint8Array(batch * size);
  readonly #metadata = new Uint32Array(batch * metadataWords);
  #sequence = 0;

  private constructor(sizeBytes: number, cipher: SectorCipher) {
    this.#sizeBytes = sizeBytes;
    this.#below = new MemoryDevice(sizeBytes + (sizeBytes / size) * 4 * metadataWords);
    this.#cipher = cipher;
  }

  static async create(sizeBytes: number): Promise<TaggedDevice> {
    const cipher = await createSectorCipher({
      suite: "chacha20-poly1305",
      sectorSizeBytes: size,
      capacitySectors: batch,
      aadSizeBytes: 16,
    });
    const device = new TaggedDevice(sizeBytes, cipher);
    for (let at = 0; at < sizeBytes; at += 2 ** 20)
      await device.write(at, new Uint8Array(randomBytes(2 ** 20)));
    return device;
  }

  async write(offsetBytes: number, from: Uint8Array): Promise<void> {
    for (let at = 0; at < from.length; at += batch * size) {
      const part = from.subarray(at, at + batch * size);
      await this.#writeBatch((offsetBytes + at) / size, part.length / size, part);
    }
  }

  async read(offsetBytes: number, into: Uint8Array): Promise<void> {
    for (let at = 0; at < into.length; at += batch * size) {
      const part = into.subarray(at, at + batch * size);
      await this.#readBatch((offsetBytes + at) / size, part.length / size, part);
    }
  }

  close(): void {
    this.#cipher.close();
  }

  async #writeBatch(sector: number, count: number, from: Uint8Array): Promise<void> {
    const { descriptors, plaintext, ciphertext } = this.#cipher;
    plaintext.set(from);
    for (let i = 0; i < count; i++) {
      descriptors[i * sectorWords.perSlot + sectorWords.nonce + 1] = ++this.#sequence;
      this.#bind(i, sector + i);
    }
    this.#cipher.seal(0, count);
    for (let i = 0; i < count; i++) {
      const word = i * sectorWords.perSlot;
      const at = i * metadataWords;
      for (let w = 0; w < 2; w++) {
        this.#metadata[at + w] = descriptors[word + sectorWords.nonce + 1 + w] as number;
      }
      for (let w = 0; w < 4; w++)
        this.#metadata[at + 2 + w] = descriptors[word + sectorWords.tag + w] as number;
    }
    const sealed = this.#transfer.subarray(0, count * size);
    sealed.set(ciphertext.subarray(0, count * size));
    await this.#below.write(sector * size, sealed);
    await this.#below.write(this.#metadataAt(sector), this.#metadataBytes(count));
  }

  async #readBatch(sector: number, count: number, into: Uint8Array): Promise<void> {
    const { descriptors, plaintext, ciphertext } = this.#cipher;
    await this.#below.read(sector * size, ciphertext.subarray(0, count * size));
    await this.#below.read(this.#metadataAt(sector), this.#metadataBytes(count));
    for (let i = 0; i < count; i++) {
      const word = i * sectorWords.perSlot;
      const at = i * metadataWords;
      for (let w = 0; w < 2; w++) {
        descriptors[word + sectorWords.nonce + 1 + w] = this.#metadata[at + w] as number;
      }
      for (let w = 0; w < 4; w++)
        descriptors[word + sectorWords.tag + w] = this.#metadata[at + 2 + w] as number;
      this.#bind(i, sector + i);
    }
    if (this.#cipher.open(0, count) > 0) throw new Error("a sector did not open");
    into.set(plaintext.subarray(0, count * size));
  }

  #bind(slot: number, sector: number): void {
    this.#cipher.aad[slot * 4 + 2] = sector;
  }

  #metadataAt(sector: number): number {
    return this.#sizeBytes + sector * 4 * metadataWords;
  }

  #metadataBytes(count: number): Uint8Array {
    return new Uint8Array(this.#metadata.buffer, 0, count * 4 * metadataWords);
  }
}
