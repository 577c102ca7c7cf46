import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeU16Le, writeU32Le } from "../../src/bytes/codec.ts";
import { toHex } from "../../src/bytes/hex.ts";
import { hashAlgorithms } from "../../src/crypto/algorithms.ts";
import { type ErrorCode, FormatError, IntegrityError, StorageError } from "../../src/errors.ts";
import {
  matchSuperblock,
  parseSuperblock,
  SUPERBLOCK_SIZE_BYTES,
  type Superblock,
  serializeSuperblock,
} from "../../src/verity/superblock.ts";
import { goldenFile, goldenIdentity, goldenVolumes } from "./golden.ts";

const valid: Superblock = {
  hashType: 1,
  algorithm: "sha256",
  salt: Uint8Array.from({ length: 32 }, (_, i) => i + 1),
  dataBlockSize: 4096,
  hashBlockSize: 4096,
  dataBlocks: 130,
  uuid: Uint8Array.from({ length: 16 }, (_, i) => i),
};

function error(act: () => unknown): StorageError {
  try {
    act();
  } catch (caught) {
    if (caught instanceof StorageError) return caught;
    throw caught;
  }
  throw new Error("nothing was thrown");
}

function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = serializeSuperblock(valid);
  change(bytes);
  return bytes;
}

const text = (bytes: Uint8Array, offset: number, value: string): void => {
  bytes.set(new TextEncoder().encode(value), offset);
};

describe("golden superblocks", () => {
  const volumes = goldenVolumes.filter(
    ({ superblock, data_in_hash_file }) => superblock && !data_in_hash_file,
  );
  test.each(volumes)("$name", (volume) => {
    const start = volume.hash_offset;
    const bytes = goldenFile(volume.hash_file).subarray(start, start + SUPERBLOCK_SIZE_BYTES);
    const superblock = parseSuperblock(bytes);
    const { rootHash: _, ...expected } = goldenIdentity(volume);
    const { uuid, ...rest } = superblock;
    expect(rest).toEqual(expected);
    expect(toHex(uuid)).toBe("11111111222243338444555555555555");
    expect(serializeSuperblock(superblock)).toEqual(bytes);
  });
});

describe("H23: hostile superblocks are refused", () => {
  const cases: [string, (bytes: Uint8Array) => void, ErrorCode, string][] = [
    ["bad magic", (b) => text(b, 0, "Verity"), "bad-magic", "magic"],
    ["magic padded with spaces instead of NULs", (b) => text(b, 6, "  "), "bad-magic", "magic"],
    ["version 0", (b) => writeU32Le(b, 8, 0), "bad-version", "version"],
    ["version 2", (b) => writeU32Le(b, 8, 2), "bad-version", "version"],
    ["hash type 2", (b) => writeU32Le(b, 12, 2), "bad-field", "hashType"],
    ["unknown algorithm", (b) => text(b, 32, "sha999"), "bad-field", "algorithm"],
    ["__proto__ as algorithm", (b) => text(b, 32, "__proto__"), "bad-field", "algorithm"],
    ["constructor as algorithm", (b) => text(b, 32, "constructor"), "bad-field", "algorithm"],
    ["no algorithm", (b) => b.fill(0, 32, 64), "bad-field", "algorithm"],
    ["a name without a NUL", (b) => b.fill(0x61, 32, 64), "bad-field", "algorithm"],
    ["bytes after the name's NUL", (b) => text(b, 40, "x"), "bad-padding", "algorithm"],
    ["salt size 257", (b) => writeU16Le(b, 80, 257), "bad-field", "saltSize"],
    ["salt size 65535", (b) => writeU16Le(b, 80, 0xffff), "bad-field", "saltSize"],
    ["data block size 0", (b) => writeU32Le(b, 64, 0), "bad-field", "dataBlockSize"],
    ["data block size 3", (b) => writeU32Le(b, 64, 3), "bad-field", "dataBlockSize"],
    ["data block size 256", (b) => writeU32Le(b, 64, 256), "bad-field", "dataBlockSize"],
    ["data block size 2^20", (b) => writeU32Le(b, 64, 2 ** 20), "bad-field", "dataBlockSize"],
    ["data block size 2^31", (b) => writeU32Le(b, 64, 2 ** 31), "bad-field", "dataBlockSize"],
    ["hash block size 0", (b) => writeU32Le(b, 68, 0), "bad-field", "hashBlockSize"],
    ["hash block size 3", (b) => writeU32Le(b, 68, 3), "bad-field", "hashBlockSize"],
    ["hash block size 2^31", (b) => writeU32Le(b, 68, 2 ** 31), "bad-field", "hashBlockSize"],
    ["2^63 data blocks", (b) => b.fill(0x80, 79, 80), "bad-field", "dataBlocks"],
    ["2^53 data blocks", (b) => b.set([0, 0, 0, 0, 0, 0, 0x20, 0], 72), "bad-field", "dataBlocks"],
    ["2^64 - 1 data blocks", (b) => b.fill(0xff, 72, 80), "bad-field", "dataBlocks"],
    ["non-zero padding after the salt size", (b) => b.fill(1, 87, 88), "bad-padding", "padding1"],
    ["non-zero padding after the salt", (b) => b.fill(1, 88 + 32, 88 + 33), "bad-padding", "salt"],
    ["non-zero padding in the salt's last byte", (b) => b.fill(1, 343, 344), "bad-padding", "salt"],
    ["non-zero padding at the end", (b) => b.fill(1, 511, 512), "bad-padding", "padding2"],
  ];
  test.each(cases)("%s", (_name, change, code, field) => {
    const thrown = error(() => parseSuperblock(changed(change), { device: "disk", offsetBytes: 8192 }));
    expect(thrown).toBeInstanceOf(FormatError);
    expect(thrown.code).toBe(code);
    expect(thrown.at).toMatchObject({ device: "disk", field });
    expect(thrown.at.offsetBytes).toBeGreaterThanOrEqual(8192);
    expect(thrown.at.offsetBytes).toBeLessThan(8192 + SUPERBLOCK_SIZE_BYTES);
  });

  test.each([0, 511, 513])("%d bytes are no superblock", (size) => {
    expect(error(() => parseSuperblock(new Uint8Array(size))).code).toBe("truncated");
  });

  test("every padding byte is held to be zero", () => {
    const padding = [
      ...Array.from({ length: 26 }, (_, i) => 38 + i),
      ...Array.from({ length: 6 }, (_, i) => 82 + i),
      ...Array.from({ length: 224 }, (_, i) => 120 + i),
      ...Array.from({ length: 168 }, (_, i) => 344 + i),
    ];
    for (const offset of padding) {
      const bytes = changed((b) => b.fill(0x40, offset, offset + 1));
      expect(
        error(() => parseSuperblock(bytes)),
        `byte ${offset}`,
      ).toBeInstanceOf(FormatError);
    }
  });
});

test("an upper-case hash name is read as veritysetup reads it", () => {
  expect(parseSuperblock(changed((b) => text(b, 32, "SHA256"))).algorithm).toBe("sha256");
});

test("what is parsed shares no memory with the host's bytes", () => {
  const bytes = serializeSuperblock(valid);
  const superblock = parseSuperblock(bytes);
  bytes.fill(0xff);
  expect(superblock).toEqual(valid);
});

describe("matchSuperblock", () => {
  test.each([
    ["hashType", { hashType: 0 }],
    ["algorithm", { algorithm: "sha512" }],
    ["dataBlockSize", { dataBlockSize: 512 }],
    ["hashBlockSize", { hashBlockSize: 8192 }],
    ["dataBlocks", { dataBlocks: 3 }],
    ["salt", { salt: new Uint8Array(32) }],
  ] as [string, Partial<Superblock>][])("H24: another %s is refused", (field, change) => {
    const thrown = error(() => matchSuperblock({ ...valid, ...change }, valid, { device: "disk" }));
    expect(thrown).toBeInstanceOf(IntegrityError);
    expect(thrown.code).toBe("identity-mismatch");
    expect(thrown.at).toEqual({ device: "disk", field });
  });

  test("the UUID is the host's to change", () => {
    expect(() => matchSuperblock({ ...valid, uuid: new Uint8Array(16) }, valid)).not.toThrow();
  });
});

const superblocks = fc.record<Superblock>({
  hashType: fc.constantFrom(0, 1),
  algorithm: fc.constantFrom(...hashAlgorithms),
  salt: fc.uint8Array({ maxLength: 256 }),
  dataBlockSize: fc.integer({ min: 9, max: 19 }).map((bits) => 2 ** bits),
  hashBlockSize: fc.integer({ min: 9, max: 19 }).map((bits) => 2 ** bits),
  dataBlocks: fc.maxSafeNat(),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }),
});

test("whatever is serialized parses back", () => {
  fc.assert(
    fc.property(superblocks, (superblock) => {
      const parsed = parseSuperblock(serializeSuperblock(superblock));
      expect(parsed).toEqual(superblock);
    }),
  );
});

test("any bytes parse to what serializes to them again (case of the name aside), or are refused", () => {
  const mutations = fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { maxLength: 3 });
  fc.assert(
    fc.property(superblocks, mutations, (superblock, changes) => {
      const bytes = serializeSuperblock(superblock);
      for (const [offset, value] of changes) bytes[offset] = value;
      try {
        const again = serializeSuperblock(parseSuperblock(bytes));
        const name = new TextDecoder().decode(bytes.subarray(32, 64)).toLowerCase();
        bytes.set(new TextEncoder().encode(name), 32);
        expect(again).toEqual(bytes);
      } catch (caught) {
        expect(caught).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["a UUID of 15 bytes", { uuid: new Uint8Array(15) }],
  ["a salt of 257 bytes", { salt: new Uint8Array(257) }],
  ["a block size of 1000", { dataBlockSize: 1000 }],
  ["a block size of 2^32 + 512", { hashBlockSize: 2 ** 32 + 512 }],
  ["half a block", { dataBlocks: 0.5 }],
  ["an unknown algorithm", { algorithm: "md5" as "sha1" }],
] as [string, Partial<Superblock>][])("%s is not serialized", (_name, change) => {
  const thrown = error(() => serializeSuperblock({ ...valid, ...change }));
  expect(thrown.name).toBe("UsageError");
});

test("what was parsed shares no memory with a Buffer that is used again", () => {
  const bytes = Buffer.from(serializeSuperblock(valid));
  const superblock = parseSuperblock(bytes);
  bytes.fill(0xee);
  expect(superblock).toEqual(valid);
});
