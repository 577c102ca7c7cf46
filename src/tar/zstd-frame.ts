/** What stands before the blocks of a zstd frame (RFC 8878, 3.1.1.1). */
import { FormatError, type FormatErrorCode } from "../errors.ts";

/** A frame's header, without its magic. */
export interface ZstdFrame {
  /** What back references may reach, in bytes: 1 KiB at least. */
  readonly windowSizeBytes: number;
  /** Of the whole frame, decompressed, where the header says so. */
  readonly contentSizeBytes: bigint | undefined;
  readonly hasChecksum: boolean;
}

/** No block decompresses to more, and none is larger (3.1.1.2.4). */
export const MAX_BLOCK_SIZE_BYTES: number = 128 * 1024;

/** As much as zstd's own command takes without being told. */
export const MAX_WINDOW_SIZE_BYTES: number = 128 * 1024 * 1024;

const minWindowSizeBytes = 1024;

/** The error for what is wrong at a byte of the compressed stream. */
export function zstdError(
  code: FormatErrorCode,
  why: string,
  offsetBytes: number,
  cause?: unknown,
): FormatError {
  const details = { at: { field: "zstd", offsetBytes } };
  return new FormatError(code, `zstd: ${why} (byte ${offsetBytes})`, cause ? { ...details, cause } : details);
}

/** How many bytes of header follow the descriptor, its first byte. */
export function frameHeaderSizeBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  return (isSingleSegment ? 0 : 1) + dictionaryIdSize(descriptor) + contentSizeSize(descriptor);
}

function dictionaryIdSize(descriptor: number): number {
  return [0, 1, 2, 4][descriptor & 3] as number;
}

function contentSizeSize(descriptor: number): number {
  return [(descriptor & 0x20) === 0 ? 0 : 1, 2, 4, 8][descriptor >> 6] as number;
}

/**
 * Parses a frame's header.
 *
 * @param rest the `frameHeaderSizeBytes(descriptor)` bytes behind the descriptor.
 * @param offsetBytes of the descriptor in the compressed stream, for errors.
 * @throws {FormatError} `bad-field` for a reserved bit and for a dictionary; `does-not-fit` for too large a window.
 */
export function parseFrameHeader(descriptor: number, rest: Uint8Array, offsetBytes: number): ZstdFrame {
  if ((descriptor & 0x08) !== 0) throw zstdError("bad-field", "a reserved bit is set", offsetBytes);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowDescriptor = isSingleSegment ? 0 : (rest[0] as number);
  const idStart = isSingleSegment ? 0 : 1;
  const idEnd = idStart + dictionaryIdSize(descriptor);
  if (rest.subarray(idStart, idEnd).some((byte) => byte !== 0)) {
    throw zstdError("bad-field", "the data needs a dictionary", offsetBytes);
  }
  const stored = littleEndian(rest.subarray(idEnd));
  const size = contentSizeSize(descriptor);
  const contentSizeBytes = size === 0 ? undefined : size === 2 ? stored + 256n : stored;
  const base = 1024 * 2 ** (windowDescriptor >> 3);
  const announced = isSingleSegment
    ? Number(stored + (size === 2 ? 256n : 0n))
    : base + (base / 8) * (windowDescriptor & 7);
  if (announced > MAX_WINDOW_SIZE_BYTES) {
    throw zstdError("does-not-fit", `a window of ${announced} bytes, more than 128 MiB`, offsetBytes);
  }
  return {
    windowSizeBytes: Math.max(minWindowSizeBytes, announced),
    contentSizeBytes,
    hasChecksum: (descriptor & 0x04) !== 0,
  };
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
