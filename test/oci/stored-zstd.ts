/** A zstd frame that compresses nothing: raw blocks. Source: RFC 8878, section 3.1.1. */
const maxBlockSizeBytes = 128 * 1024;

/** The frame, with its content's size in its header. */
export function storedZstd(bytes: Uint8Array): Uint8Array {
  // Single segment, a content size of four bytes, no checksum.
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 5);
  const parts: Uint8Array[] = [header];
  for (let at = 0; at === 0 || at < bytes.length; at += maxBlockSizeBytes) {
    const block = bytes.subarray(at, at + maxBlockSizeBytes);
    const last = at + block.length >= bytes.length ? 1 : 0;
    const field = (block.length << 3) | last;
    parts.push(Uint8Array.of(field & 0xff, (field >> 8) & 0xff, field >> 16), block);
  }
  return Buffer.concat(parts);
}
