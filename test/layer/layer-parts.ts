/** A small layer image cut in its parts, for tests that change one of them. */
import { createHash } from "node:crypto";
import { writeU32Be } from "../../src/bytes/codec.ts";
import { fromHex } from "../../src/bytes/hex.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { StorageError } from "../../src/errors.ts";
import { type OpenLayerOptions, openLayer } from "../../src/layer/opened-layer.ts";
import { goldenImage, imageBytes } from "./golden-images.ts";

/** 14 data blocks, superblock, one hash block, footer: of an empty archive. */
export const small: ReturnType<typeof goldenImage> = goldenImage("01-empty.layer");
/** Its size in bytes up to each part's end. */
export const ends = { fileSystem: 57_344, superblock: 61_440, tree: 65_536, image: 66_048 } as const;
/** Its root hash. */
export const smallRootHash: Uint8Array = fromHex(small.result.verity_root_hash);

/** The image's bytes after a change. */
export function changed(change: (bytes: Uint8Array) => void): Uint8Array<ArrayBuffer> {
  const bytes = imageBytes(small);
  change(bytes);
  return bytes;
}

/** Puts bytes in another's place. */
export function put(offset: number, ...values: readonly number[]): (bytes: Uint8Array) => void {
  return (bytes) => bytes.set(values, offset);
}

/** Makes the footer's checksum right again, as a host would after a change. */
export function resumFooter(bytes: Uint8Array): void {
  const footer = bytes.subarray(bytes.length - 512);
  const sum = footer.reduce((total, byte, i) => (i >= 64 && i < 68 ? total : total + byte), 0);
  writeU32Be(footer, 64, ~sum);
}

/** SHA-256 of a block with a layer's salt before it. */
export function blockDigest(block: Uint8Array): Uint8Array {
  return createHash("sha256").update(new Uint8Array(32)).update(block).digest();
}

/** A hash block over blocks: their digests, then zeros. */
export function hashBlock(blocks: Uint8Array): Uint8Array {
  const block = new Uint8Array(4096);
  for (let i = 0; i * 4096 < blocks.length; i++) {
    block.set(blockDigest(blocks.subarray(i * 4096, (i + 1) * 4096)), i * 32);
  }
  return block;
}

/** Byte sequences, one behind the other. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** What opening a changed image, and reading all of it, comes to. */
export async function refusal(
  bytes: Uint8Array,
  options: Partial<OpenLayerOptions> = {},
): Promise<StorageError> {
  try {
    const given = { rootHash: smallRootHash, label: "base", ...options };
    await using layer = await openLayer(new MemoryDevice(bytes), given);
    const read = new Uint8Array(layer.device.sizeBytes);
    await layer.device.read(0, read);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return error;
  }
  throw new Error("nothing was refused");
}
