import { describe, expect, test } from "vitest";
import { crc16, crc32c, crc32cU32 } from "../../src/bytes/crc.ts";

const check = new TextEncoder().encode("123456789");
const invert = (value: number): number => ~value >>> 0;

describe("CRC-32C", () => {
  // RFC 3720 (iSCSI), appendix B.4; the check value of the catalogue of CRCs.
  test.each([
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["32 counted up", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ["32 counted down", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ["the check", check, 0xe3069283],
  ])("of %s", (_, bytes, expected) => {
    expect(invert(crc32c(0xffffffff, bytes))).toBe(expected);
  });

  test("goes on from where it was, at any cut", () => {
    const bytes = Uint8Array.from({ length: 67 }, (_, i) => (i * 7) & 0xff);
    const whole = crc32c(0xffffffff, bytes);
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(crc32c(crc32c(0xffffffff, bytes.subarray(0, cut)), bytes.subarray(cut))).toBe(whole);
    }
    expect(crc32cU32(7, 0x84030201)).toBe(crc32c(7, Uint8Array.of(1, 2, 3, 0x84)));
  });
});

test("CRC-16", () => {
  // The catalogue's CRC-16/ARC begins with 0, its CRC-16/MODBUS with 0xffff.
  expect(crc16(0, check)).toBe(0xbb3d);
  expect(crc16(0xffff, check)).toBe(0x4b37);
  expect(crc16(crc16(0xffff, check.subarray(0, 4)), check.subarray(4))).toBe(0x4b37);
});
