import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readU32Be, writeU32Be } from "../../src/bytes/codec.ts";
import { fromHex, toHex } from "../../src/bytes/hex.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import {
  isVhdFooter,
  parseVhdFooter,
  serializeVhdFooter,
  VHD_FOOTER_SIZE_BYTES,
} from "../../src/layer/vhd-footer.ts";

const uniqueId = new Uint8Array(16).fill(0x11);

/** First 100 bytes of footers that hcsshim's tar2ext4 wrote, its randomness replaced by 0x11; zeros follow. */
const golden = [
  {
    sizeBytes: 57_344,
    head: "636f6e65637469780000000200010000ffffffffffffffff0000000000000000000a000000000000000000000000e000000000000000e0000000000000000002fffff1cb11111111111111111111111111111111000000000000000000000000",
  },
  {
    sizeBytes: 65_536,
    head: "636f6e65637469780000000200010000ffffffffffffffff0000000000000000000a000000000000000000000001000000000000000100000000000000000002fffff38911111111111111111111111111111111000000000000000000000000",
  },
];

function padded(head: string): Uint8Array {
  const bytes = new Uint8Array(VHD_FOOTER_SIZE_BYTES);
  bytes.set(fromHex(head));
  return bytes;
}

/** Makes the checksum right again after a change: as a host would. */
function resummed(bytes: Uint8Array): Uint8Array {
  const sum = bytes.reduce((total, byte, i) => (i >= 64 && i < 68 ? total : total + byte), 0);
  writeU32Be(bytes, 64, ~sum);
  return bytes;
}

function refusal(bytes: Uint8Array, offsetBytes?: number): FormatError {
  try {
    parseVhdFooter(bytes, offsetBytes === undefined ? {} : { device: "d", offsetBytes });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return error as FormatError;
  }
  throw new Error("nothing was thrown");
}

describe("golden footers", () => {
  test.each(golden)("$sizeBytes bytes", ({ sizeBytes, head }) => {
    const bytes = serializeVhdFooter({ sizeBytes, uniqueId });
    expect(toHex(bytes)).toBe(toHex(padded(head)));
    expect(isVhdFooter(bytes)).toBe(true);
    expect(parseVhdFooter(bytes, { offsetBytes: sizeBytes })).toEqual({ sizeBytes, uniqueId });
  });
});

test("any size and id come back", () => {
  const ids = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.maxSafeNat(), ids, (sizeBytes, id) => {
      const bytes = serializeVhdFooter({ sizeBytes, uniqueId: id });
      expect(parseVhdFooter(bytes)).toEqual({ sizeBytes, uniqueId: id });
    }),
  );
});

test("what is returned shares no memory with the bytes", () => {
  const bytes = serializeVhdFooter({ sizeBytes: 4096, uniqueId });
  const footer = parseVhdFooter(bytes);
  bytes.fill(0xee);
  expect(footer.uniqueId).toEqual(uniqueId);
});

test.each([-1, 0.5, Number.NaN, 2 ** 53])("no footer has a size of %s", (sizeBytes) => {
  expect(() => serializeVhdFooter({ sizeBytes, uniqueId })).toThrow(UsageError);
});

test("an id has 16 bytes", () => {
  expect(() => serializeVhdFooter({ sizeBytes: 0, uniqueId: uniqueId.subarray(1) })).toThrow(UsageError);
});

describe("hostile footers", () => {
  const footer = () => serializeVhdFooter({ sizeBytes: 57_344, uniqueId });

  test("H1 H3: any bit flipped is refused", () => {
    for (let bit = 0; bit < VHD_FOOTER_SIZE_BYTES * 8; bit++) {
      const bytes = footer();
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      const error = refusal(bytes, 57_344);
      expect(error.at).toMatchObject({ device: "d" });
    }
  });

  test("H3: any bit flipped is refused where the checksum was mended, but for the unique id's", () => {
    const taken: number[] = [];
    for (let offset = 0; offset < VHD_FOOTER_SIZE_BYTES; offset++) {
      const bytes = footer();
      bytes[offset] = (bytes[offset] as number) ^ 0x40;
      const mended = resummed(bytes);
      try {
        parseVhdFooter(mended, { offsetBytes: 57_344 });
        taken.push(offset);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    const ofChecksum = [64, 65, 66, 67];
    const ofUniqueId = Array.from({ length: 16 }, (_, i) => 68 + i);
    expect(taken).toEqual([...ofChecksum, ...ofUniqueId]);
  });

  test.each([
    ["cookie", 0, "bad-magic"],
    ["features", 11, "bad-field"],
    ["formatVersion", 12, "bad-version"],
    ["dataOffset", 20, "bad-field"],
    ["timestamp", 24, "bad-field"],
    ["creatorApplication", 31, "bad-field"],
    ["creatorHostOs", 36, "bad-field"],
    ["originalSize", 47, "bad-field"],
    ["currentSize", 55, "bad-field"],
    ["geometry", 58, "bad-field"],
    ["diskType", 63, "bad-field"],
    ["savedState", 84, "bad-field"],
    ["padding", 85, "bad-padding"],
    ["padding", 511, "bad-padding"],
  ])("%s at %d is named", (name, offset, code) => {
    const bytes = footer();
    bytes[offset] = (bytes[offset] as number) ^ 0x01;
    const error = refusal(resummed(bytes), 57_344);
    expect(error.code).toBe(code);
    expect(error.at.field).toBe(name);
    expect(error.at.offsetBytes).toBeGreaterThanOrEqual(57_344);
  });

  test("a checksum that does not fit says both", () => {
    const bytes = footer();
    writeU32Be(bytes, 64, 0x1234);
    expect(refusal(bytes).message).toContain("checksum 1234, its bytes sum up to fffff1cb");
    expect(readU32Be(footer(), 64)).toBe(0xffff_f1cb);
  });

  test("H25: the footer of another image stands elsewhere", () => {
    const error = refusal(footer(), 65_536);
    expect(error.at.field).toBe("currentSize");
    expect(error.message).toContain("57344");
  });

  test("a size past 2^53 is refused", () => {
    const bytes = footer();
    bytes.fill(0x7f, 40, 56);
    expect(refusal(resummed(bytes)).at.field).toBe("currentSize");
  });

  test.each([0, 511, 513])("%d bytes are none", (length) => {
    expect(refusal(new Uint8Array(length)).code).toBe("truncated");
    expect(isVhdFooter(new Uint8Array(length))).toBe(false);
  });
});
