/**
 * Random tars, from a seed: entries of every form, with values at the edges of
 * the rules and beyond them, and mutations of whole archives.
 */
import type { SeededRandom } from "../verity/seeded-random.ts";
import {
  type Bytes,
  base256,
  concatBytes,
  type EntryInput,
  type NumberField,
  type SparseInput,
  TarBuilder,
} from "./tar-builder.ts";

const oddNumbers: readonly NumberField[] = [
  "",
  " ",
  "0",
  "7777777",
  "0000644 ",
  "  644\0",
  "644\x0012",
  "12\0 8",
  "8",
  "-1",
  "+7",
  "7 7",
  "0x10",
  -1,
  2 ** 21 - 1,
  2 ** 21,
  2n ** 32n,
  2n ** 53n + 1n,
  Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0),
  Uint8Array.of(0xc0, 1, 2, 3, 4, 5, 6, 7),
  Uint8Array.of(0xbf, 255, 255, 255, 255, 255, 255, 255),
];

const oddLongNumbers: readonly NumberField[] = [
  ...oddNumbers,
  2n ** 33n,
  base256(2n ** 63n - 1n, 12),
  base256(-(2n ** 63n), 12),
  base256(2n ** 63n, 12),
  base256(2n ** 64n, 12),
  base256(-62_135_596_800n, 12),
  "77777777777",
  "777777777777",
];

const texts: readonly Bytes[] = [
  "",
  "a",
  "dir/",
  "a/b",
  "./x",
  "/abs",
  "../up",
  "n".repeat(99),
  "n".repeat(100),
  "p/".repeat(60),
  "nul\0inside",
  "ümlaut",
  Uint8Array.of(0xff, 0xfe, 0x80),
  "__proto__",
];

const times: readonly Bytes[] = [
  "",
  "0",
  "1",
  "-1",
  "-0.5",
  "1.5",
  "1.",
  ".5",
  "-",
  "+3.25",
  "1.123456789123",
  "1.12345678x",
  "-9223372036854775808.1",
  "9223372036854775807",
  "9223372036854775808",
  "-62135596800",
  "-62135596800.000000000",
  "000000000000000000000001",
  "1e5",
  "0.9999999999",
];

const numbers: readonly Bytes[] = [
  "",
  "0",
  "10",
  "512",
  "-1",
  "+4",
  "9223372036854775807",
  "9223372036854775808",
  "1x",
  " 1",
  "007",
];

const keys = [
  "path",
  "linkpath",
  "uid",
  "gid",
  "size",
  "mtime",
  "atime",
  "ctime",
  "uname",
  "gname",
  "comment",
];
const xattrKeys = [
  "SCHILY.xattr.user.a",
  "SCHILY.xattr.",
  "SCHILY.xattr.security.capability",
  "LIBARCHIVE.xattr.user.a",
];
const sparseKeys = [
  "map",
  "size",
  "realsize",
  "name",
  "major",
  "minor",
  "numblocks",
  "offset",
  "numbytes",
].map((key) => `GNU.sparse.${key}`);
const types = [
  "0",
  "\0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "S",
  "V",
  "Z",
  "x",
  "g",
  "L",
  "K",
  "0",
  "0",
  "\0",
];

/** A random archive; one in two has no fault that its maker knows of. */
export function randomTar(random: SeededRandom): Uint8Array {
  const maker = new TarMaker(random);
  for (let count = random.below(6); count > 0; count--) maker.entry();
  return maker.finish();
}

class TarMaker {
  readonly #random: SeededRandom;
  readonly #builder: TarBuilder = new TarBuilder();
  /** How often a value is an odd one: never, or one in so many. */
  readonly #oddness: number;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#oddness = random.pick([0, 0, 4, 30]);
  }

  entry(): void {
    const choice = this.#random.below(10);
    if (choice < 2) this.#builder.sparse(this.#text(), this.#sparse(), this.#header());
    else if (choice === 2) this.#builder.global(this.#pax());
    else if (choice === 3)
      this.#builder.add({ ...this.#header(), longName: this.#text(), longLink: this.#text() });
    else if (choice < 7) this.#builder.add({ ...this.#header(), ...this.#content(), pax: this.#pax() });
    else this.#builder.add({ ...this.#header(), ...this.#content() });
    if (this.#odd()) this.#builder.raw(this.#random.bytes(this.#random.below(600)));
  }

  finish(): Uint8Array {
    const end = this.#random.below(8);
    const bytes = this.#builder.end(end > 3 ? 2 : end).bytes();
    return this.#random.below(20) === 0 ? bytes.subarray(0, this.#random.below(bytes.length + 1)) : bytes;
  }

  #odd(): boolean {
    return this.#oddness > 0 && this.#random.below(this.#oddness) === 0;
  }

  #text(): Bytes {
    return this.#random.pick(texts);
  }

  #number(odd: readonly NumberField[]): NumberField {
    if (this.#odd()) return this.#random.pick(odd);
    return this.#random.below(3) === 0 ? this.#random.below(2 ** 31) - 2 ** 30 : this.#random.below(2 ** 20);
  }

  #content(): { content: Bytes; unpadded: boolean; size?: NumberField } {
    const content = this.#random.bytes(this.#random.pick([0, 1, 10, 511, 512, 513, 1500]));
    const size = this.#odd() ? { size: this.#random.pick(oddLongNumbers) } : {};
    return { content, unpadded: this.#odd(), ...size };
  }

  #header(): EntryInput {
    const random = this.#random;
    const format = random.pick(["ustar", "ustar", "gnu", "star", "v7"] as const);
    const time = (): { atime?: NumberField; ctime?: NumberField } =>
      random.below(2) === 0 || format === "ustar" || format === "v7"
        ? {}
        : { atime: this.#number(oddLongNumbers), ctime: this.#number(oddLongNumbers) };
    return {
      name: this.#text(),
      linkName: this.#text(),
      type: this.#odd() ? random.pick(types) : random.pick(types.slice(0, 9)),
      format,
      mode: this.#number(oddNumbers),
      uid: this.#number(oddNumbers),
      gid: this.#number(oddNumbers),
      mtime: this.#number(oddLongNumbers),
      deviceMajor: this.#number(oddNumbers),
      deviceMinor: this.#number(oddNumbers),
      checksum: this.#odd() ? random.pick(["signed", 0] as const) : "unsigned",
      ...time(),
      ...(format === "ustar" && random.below(4) === 0 && { prefix: this.#text() }),
      // What Go before 1.8 wrote: a prefix in GNU's header.
      ...(format === "gnu" && random.below(6) === 0 && { patch: [[345, this.#text()]] as const }),
    };
  }

  #pax(): (readonly [Bytes, Bytes])[] {
    const random = this.#random;
    return Array.from({ length: random.below(5) }, () => {
      if (this.#odd()) return [random.pick(sparseKeys), random.pick([...numbers, "0,5", "1,2,3,4"])] as const;
      const key = random.pick(random.below(3) === 0 ? xattrKeys : keys);
      if (key.endsWith("time"))
        return [key, this.#odd() ? random.pick(times) : `${random.below(9999)}.25`] as const;
      const isNumber = key === "uid" || key === "gid" || key === "size";
      if (isNumber && key !== "size") return [key, this.#odd() ? random.pick(numbers) : "70000"] as const;
      if (isNumber) return [key, this.#odd() ? random.pick(numbers) : ""] as const;
      const value = this.#text();
      const isNul = typeof value === "string" && value.includes("\0");
      return [key, isNul && !this.#odd() ? "x" : value] as const;
    });
  }

  #sparse(): SparseInput {
    const random = this.#random;
    const form = random.pick(["old-gnu", "pax-0.0", "pax-0.1", "pax-1.0"] as const);
    const data: [number, Bytes][] = [];
    let at = 0;
    for (let count = random.below(random.below(5) === 0 ? 60 : 6); count > 0; count--) {
      at += random.pick([0, 0, 1, 512, 4096, 70_000]);
      const bytes = random.bytes(random.pick([0, 1, 12, 512, 600]));
      data.push([at, bytes]);
      at += bytes.length;
    }
    const size = at + random.pick([0, 0, 1, 512, 100_000]);
    if (!this.#odd()) return { form, size, data };
    const values = [0, 1, 600, -1, size, 2n ** 62n, 2n ** 63n - 1n];
    const map = data.map(([offset, bytes]) => {
      if (random.below(3) === 0) return [random.pick(values), random.pick([0, 1, 512])] as const;
      return [offset, bytes.length] as const;
    });
    return { form, data, map, size: random.pick([0, size, size - 1, -1, 2n ** 40n, 2n ** 60n]) };
  }
}

const oddBytes = [0, 1, 0x20, 0x30, 0x35, 0x37, 0x38, 0x4c, 0x53, 0x67, 0x78, 0x7f, 0x80, 0xc0, 0xff];

/**
 * Changes a few bytes, of headers above all, or cuts, drops or doubles blocks.
 * Three times in four all checksums are made good again, so that what lies
 * behind them is reached.
 */
export function mutateTar(tar: Uint8Array, random: SeededRandom): Uint8Array {
  const blocks = Math.max(1, Math.ceil(tar.length / 512));
  let bytes: Uint8Array = tar.slice();
  for (let changes = random.below(4); changes >= 0; changes--) {
    const block = random.below(blocks) * 512;
    const choice = random.below(24);
    if (choice === 0) bytes = bytes.subarray(0, random.below(bytes.length + 1));
    else if (choice === 1) bytes = concatBytes([bytes.subarray(0, block), bytes.subarray(block + 512)]);
    else if (choice === 2) bytes = concatBytes([bytes.subarray(0, block + 512), bytes.subarray(block)]);
    else if (bytes.length > 0) {
      const at =
        random.below(4) === 0 ? random.below(bytes.length) : block + random.pick(places) + random.below(4);
      if (at < bytes.length) bytes[at] = random.below(3) === 0 ? random.below(256) : random.pick(oddBytes);
    }
  }
  if (random.below(4) !== 0) restoreChecksums(bytes);
  return bytes;
}

/** Where fields begin that decide something: a mutation there finds more than a random one. */
const places = [
  0, 100, 108, 116, 124, 132, 136, 156, 156, 157, 257, 262, 263, 329, 345, 357, 386, 398, 482, 483, 504, 508,
];

/** Gives every block that looks like a header the checksum it needs. */
function restoreChecksums(tar: Uint8Array): void {
  for (let start = 0; start + 512 <= tar.length; start += 512) {
    const block = tar.subarray(start, start + 512);
    if (block[154] !== 0 || block[155] !== 0x20) continue;
    block.fill(0x20, 148, 156);
    let sum = 0;
    for (const byte of block) sum += byte;
    for (let i = 0; i < 6; i++) block[148 + i] = 0x30 + (Math.floor(sum / 8 ** (5 - i)) % 8);
    block[154] = 0;
  }
}
