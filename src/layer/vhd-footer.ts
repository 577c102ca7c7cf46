/**
 * The footer of a fixed VHD: the last 512 bytes of a layer image, for the sake
 * of the hypervisor that attaches it. The root hash does not cover it.
 *
 * On disk, big-endian (hcsshim `ext4/tar2ext4/vhdfooter.go`; Virtual Hard Disk
 * Image Format Specification, "Hard Disk Footer Format"):
 *
 * | offset | size | field                                                 |
 * | ------ | ---- | ----------------------------------------------------- |
 * | 0      | 8    | `"conectix"`                                          |
 * | 8      | 4    | features, 2                                           |
 * | 12     | 4    | format version, 0x00010000                            |
 * | 16     | 8    | data offset, all ones: there is no dynamic header     |
 * | 24     | 4    | timestamp, 0                                          |
 * | 28     | 4    | creator application, 0                                |
 * | 32     | 4    | creator version, 0x000a0000                           |
 * | 36     | 4    | creator host OS, 0                                    |
 * | 40     | 8    | original size: all bytes before the footer            |
 * | 48     | 8    | current size, the same                                |
 * | 56     | 4    | disk geometry, 0                                      |
 * | 60     | 4    | disk type, 2 (fixed)                                  |
 * | 64     | 4    | checksum: the complement of the sum of all other bytes |
 * | 68     | 16   | unique id                                             |
 * | 84     | 1    | saved state, 0                                        |
 * | 85     | 427  | zero                                                  |
 *
 * Security: only what the tools for layers write is taken, so that every byte
 * but those of the unique id and of the checksum over it means something.
 */
import { readU32Be, readU64Be, writeU32Be, writeU64Be } from "../bytes/codec.ts";
import { copyOf } from "../bytes/copy.ts";
import { type ErrorLocation, FormatError, type FormatErrorCode, UsageError } from "../errors.ts";

/** Size of a footer, in bytes. */
export const VHD_FOOTER_SIZE_BYTES = 512;

/** What a layer's footer says. */
export interface VhdFooter {
  /** Bytes before the footer. */
  readonly sizeBytes: number;
  /** 16 bytes. Nothing depends on them. */
  readonly uniqueId: Uint8Array;
}

const cookie = "conectix";
const uniqueIdSizeBytes = 16;

/** Offsets of the fields, in bytes. */
const field = {
  cookie: 0,
  features: 8,
  formatVersion: 12,
  dataOffset: 16,
  timestamp: 24,
  creatorApplication: 28,
  creatorVersion: 32,
  creatorHostOs: 36,
  originalSize: 40,
  currentSize: 48,
  geometry: 56,
  diskType: 60,
  checksum: 64,
  uniqueId: 68,
  savedState: 84,
  padding: 85,
} as const;

/**
 * The 512 bytes of a footer, checksum included.
 *
 * @throws {UsageError} `invalid-argument` for a size that is no byte count, or an id that has not 16 bytes.
 */
export function serializeVhdFooter({ sizeBytes, uniqueId }: VhdFooter): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new UsageError("invalid-argument", `sizeBytes: ${sizeBytes} is no size`, {
      at: { field: "sizeBytes" },
    });
  }
  if (uniqueId.length !== uniqueIdSizeBytes) {
    throw new UsageError("invalid-argument", `a VHD's unique id has 16 bytes, not ${uniqueId.length}`, {
      at: { field: "uniqueId" },
    });
  }
  const bytes = new Uint8Array(VHD_FOOTER_SIZE_BYTES);
  bytes.set(new TextEncoder().encode(cookie), field.cookie);
  writeU32Be(bytes, field.features, 2);
  writeU32Be(bytes, field.formatVersion, 0x0001_0000);
  bytes.fill(0xff, field.dataOffset, field.dataOffset + 8);
  writeU32Be(bytes, field.creatorVersion, 0x000a_0000);
  writeU64Be(bytes, field.originalSize, sizeBytes);
  writeU64Be(bytes, field.currentSize, sizeBytes);
  writeU32Be(bytes, field.diskType, 2);
  bytes.set(uniqueId, field.uniqueId);
  writeU32Be(bytes, field.checksum, checksum(bytes));
  return bytes;
}

/** Whether 512 bytes claim to be a footer: they begin as one does. */
export function isVhdFooter(bytes: Uint8Array): boolean {
  if (bytes.length !== VHD_FOOTER_SIZE_BYTES) return false;
  return String.fromCharCode(...bytes.subarray(field.cookie, cookie.length)) === cookie;
}

/**
 * Parses a footer, which the host controls. What is returned shares no memory with `bytes`.
 *
 * @param at where the bytes come from; `offsetBytes` is the footer's own on its device. It is
 *   where `currentSize` must end, if it is given.
 * @throws {FormatError} `truncated`, `bad-magic`, `bad-version`, `bad-field` or `bad-padding`,
 *   with the field and its offset in `at`.
 */
export function parseVhdFooter(bytes: Uint8Array, at: ErrorLocation = {}): VhdFooter {
  const start = at.offsetBytes ?? 0;
  const refuse = (code: FormatErrorCode, name: string, offset: number, why: string): never => {
    const offsetBytes = start + offset;
    throw new FormatError(code, `VHD footer: ${why} (${name}, byte ${offsetBytes})`, {
      at: { ...at, field: name, offsetBytes },
    });
  };
  if (bytes.length !== VHD_FOOTER_SIZE_BYTES) {
    throw new FormatError("truncated", `a VHD footer has 512 bytes, not ${bytes.length}`, { at });
  }
  if (!isVhdFooter(bytes)) refuse("bad-magic", "cookie", field.cookie, `does not begin with "${cookie}"`);
  if (readU32Be(bytes, field.formatVersion) !== 0x0001_0000) {
    refuse("bad-version", "formatVersion", field.formatVersion, "is not of version 1.0");
  }
  const stored = readU32Be(bytes, field.checksum);
  const computed = checksum(bytes);
  if (stored !== computed) {
    const why = `says checksum ${stored.toString(16)}, its bytes sum up to ${computed.toString(16)}`;
    refuse("bad-field", "checksum", field.checksum, why);
  }
  const size = readU64Be(bytes, field.currentSize);
  const sizeBytes = Number(size);
  if (!Number.isSafeInteger(sizeBytes) || (at.offsetBytes !== undefined && sizeBytes !== start)) {
    refuse("bad-field", "currentSize", field.currentSize, `says ${size} bytes stand before it`);
  }
  const uniqueId = copyOf(bytes.subarray(field.uniqueId, field.uniqueId + uniqueIdSizeBytes));
  const footer: VhdFooter = { sizeBytes, uniqueId };
  const expected = serializeVhdFooter(footer);
  // It fits the bytes as they are, and would be the first to differ with any other field.
  writeU32Be(expected, field.checksum, stored);
  const different = bytes.findIndex((byte, i) => byte !== expected[i]);
  if (different !== -1) {
    const code = different < field.padding ? "bad-field" : "bad-padding";
    refuse(code, fieldAt(different), different, "is not one that a tool for layers writes");
  }
  return footer;
}

/** The complement of the sum of all bytes but the checksum's own: 32 bits, unsigned. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const [offset, byte] of bytes.entries()) {
    if (offset < field.checksum || offset >= field.uniqueId) sum += byte;
  }
  return ~sum >>> 0;
}

/** The field that a byte belongs to. */
function fieldAt(offset: number): string {
  let name = "cookie";
  for (const [candidate, start] of Object.entries(field)) if (start <= offset) name = candidate;
  return name;
}
