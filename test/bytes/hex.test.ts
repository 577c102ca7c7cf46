import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../src/bytes/index.ts";
import { UsageError } from "../../src/errors.ts";

const everyByte = Uint8Array.from({ length: 256 }, (_, i) => i);

test("every byte has two lower-case digits", () => {
  expect(toHex(everyByte)).toBe([...everyByte].map((byte) => byte.toString(16).padStart(2, "0")).join(""));
  expect(toHex(Uint8Array.of(0, 0x0a, 0xff).subarray(1))).toBe("0aff");
  expect(toHex(new Uint8Array(0))).toBe("");
});

describe("fromHex", () => {
  test("undoes toHex, in either case", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  test.each(["a", "abc", "0x00", "gg", "0 ", " 00", "00\n", "-1", "+1", "1.", "é0", "00\0\0", "０0", "ａb"])(
    "refuses %j and says where",
    (text) => {
      expect(() => fromHex(text, "salt")).toThrow(UsageError);
      expect(() => fromHex(text, "salt")).toThrow(
        expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining("salt has") }),
      );
    },
  );

  test("names the first bad position, and not the text", () => {
    expect(() => fromHex("00zz")).toThrow("hex text has a character at position 2 that is no hex digit");
    expect(() => fromHex("00112")).toThrow("hex text has an odd number of hex digits (5)");
  });
});
