/**
 * Cyclic checksums as Linux file systems use them. They find accidents; whoever
 * means harm makes them fit.
 */

/** Slicing by four: `tables[k][b]` is what byte `b`, followed by `k` zero bytes, does to the checksum. */
const crc32cTables: readonly Uint32Array[] = makeCrc32cTables();
const crc16Table: readonly number[] = Array.from({ length: 256 }, (_, byte) => shiftByte(byte, 0xa001));

/**
 * CRC-32C (Castagnoli, reflected, polynomial 0x82f63b78) as the kernel's
 * `crc32c` has it: without inversion before or after.
 *
 * @param checksum of what goes before; 0xffffffff to begin with, unless the format says otherwise.
 */
export function crc32c(checksum: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = crc32cTables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  const whole = bytes.length & ~3;
  let crc = checksum | 0;
  let at = 0;
  for (; at < whole; at += 4) {
    crc ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    crc =
      (t3[crc & 0xff] as number) ^
      (t2[(crc >>> 8) & 0xff] as number) ^
      (t1[(crc >>> 16) & 0xff] as number) ^
      (t0[crc >>> 24] as number);
  }
  for (; at < bytes.length; at++) {
    crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  return crc >>> 0;
}

/** CRC-32C of the four bytes of a little-endian integer. */
export function crc32cU32(checksum: number, value: number): number {
  const [t0, t1, t2, t3] = crc32cTables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  const crc = checksum ^ value;
  return (
    ((t3[crc & 0xff] as number) ^
      (t2[(crc >>> 8) & 0xff] as number) ^
      (t1[(crc >>> 16) & 0xff] as number) ^
      (t0[crc >>> 24] as number)) >>>
    0
  );
}

/** CRC-16 (reflected, polynomial 0xa001) as the kernel's `crc16`: without inversion. */
export function crc16(checksum: number, bytes: Uint8Array): number {
  let crc = checksum & 0xffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crc16Table[(crc ^ byte) & 0xff] as number);
  return crc;
}

/** What eight shifts make of a byte. */
function shiftByte(byte: number, polynomial: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value >>> 0;
}

function makeCrc32cTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => shiftByte(byte, 0x82f63b78));
  const tables = [first];
  for (let k = 1; k < 4; k++) {
    const before = tables[k - 1] as Uint32Array;
    tables.push(before.map((value) => (value >>> 8) ^ (first[value & 0xff] as number)));
  }
  return tables;
}
