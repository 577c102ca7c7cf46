/** Times as the compact writer stores them, as it reads them back, and as the kernel reads them. */
import { describe, expect, test } from "vitest";
import { decodeCompactTime, decodeKernelTime, encodeCompactTime } from "../../src/ext4/timestamp.ts";

const time = (seconds: bigint, nanoseconds = 0): { seconds: bigint; nanoseconds: number } => ({
  seconds,
  nanoseconds,
});

describe("stored", () => {
  test.each([
    ["absent", undefined, 0, 0],
    ["the epoch", time(0n), 0, 0],
    ["a nanosecond", time(0n, 1), 0, 4],
    ["the last nanosecond of a second", time(5n, 999_999_999), 5, 999_999_999 * 4],
    ["2^31 - 1", time(0x7fff_ffffn), 0x7fff_ffff, 0],
    ["2^31 has no epoch bit", time(0x8000_0000n), 0x8000_0000, 0],
    ["2^32", time(0x1_0000_0000n, 3), 0, 1 | 12],
    ["the last second", time(0x3_7fff_ffffn, 3), 0x7fff_ffff, 3 | 12],
    ["a second later: clamped, without nanoseconds", time(0x3_8000_0000n, 3), 0x7fff_ffff, 3],
    ["-1 sets all upper bits", time(-1n, 500), 0xffff_ffff, 0xffff_ffff],
    ["-2^31", time(-0x8000_0000n), 0x8000_0000, 0xffff_ffff],
    ["before -2^31: clamped", time(-0x8000_0001n, 999), 0x8000_0000, 0],
    ["Go's zero time is absent", time(-62_135_596_800n), 0, 0],
    ["a nanosecond after it is not", time(-62_135_596_800n, 1), 0x8000_0000, 0],
    ["2^63 - 1", time(0x7fff_ffff_ffff_ffffn), 0x7fff_ffff, 3],
    ["-2^63", time(-0x8000_0000_0000_0000n), 0x8000_0000, 0],
  ] as const)("%s", (_, from, low, extra) => {
    expect(encodeCompactTime(from)).toEqual({ low, extra });
  });
});

describe("read back by the writer", () => {
  test.each([
    ["nothing", 0, 0, undefined],
    ["2038", 0x7fff_ffff, 0, time(0x7fff_ffffn)],
    ["2^31 comes back negative", 0x8000_0000, 0, time(-0x8000_0000n)],
    ["2^32", 0, 1, time(0x1_0000_0000n)],
    ["nanoseconds", 7, 12, time(7n, 3)],
    ["a negative time comes back in 2514", 0xffff_ffff, 0xffff_ffff, time(0x4_0000_0000n, 73_741_823)],
  ] as const)("%s", (_, low, extra, expected) => {
    expect(decodeCompactTime({ low, extra })).toEqual(expected);
  });

  test("a negative time that is stored again is clamped to the last second", () => {
    const again = encodeCompactTime(decodeCompactTime(encodeCompactTime(time(-5n))));
    expect(again).toEqual({ low: 0x7fff_ffff, extra: 3 });
  });
});

describe("read by the kernel", () => {
  test.each([
    ["1969", 0xffff_ffff, 0, time(-1n)],
    ["2106", 0xffff_ffff, 1, time(0xffff_ffffn)],
    ["what the writer makes of 2040: 1904", 0x8400_0000, 0, time(-0x7c00_0000n)],
    [
      "what the writer makes of -1 s: 2378, and more than a second of nanoseconds",
      0xffff_ffff,
      0xffff_ffff,
      time(0x2_ffff_ffffn, 0x3fff_ffff),
    ],
  ] as const)("%s", (_, low, extra, expected) => {
    expect(decodeKernelTime({ low, extra })).toEqual(expected);
  });
});
