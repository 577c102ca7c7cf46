/**
 * The hashes by which a large directory is ordered: of a name, the major hash
 * that stands in the index, and a minor one that orders names of equal major hash
 * (`fs/ext4/hash.c`).
 */

/** `hash_version` of an index. */
export const directoryHashVersion = { legacy: 0, halfMd4: 1, tea: 2 } as const;

/** What a name hashes to. */
export interface NameHash {
  /** 32 bits, the lowest of them 0: an index says there that the block before goes on. */
  readonly major: number;
  /** 32 bits; 0 for the legacy hash. */
  readonly minor: number;
}

/** How one directory hashes. */
export interface DirectoryHash {
  readonly version: number;
  /** Bytes above 0x7f count as they are, not as negative numbers: as on machines whose `char` has no sign. */
  readonly unsigned: boolean;
  /** Four words; the hash's own are taken where all are 0. */
  readonly seed: Int32Array;
}

/** The major hash that means "behind all names". */
const endOfNames = 0xffff_fffe;
const ownSeed = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

/** The seed of a superblock's 16 bytes. */
export function directoryHashSeed(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const seed = Int32Array.from({ length: 4 }, (_, i) => view.getInt32(4 * i, true));
  return seed.some((word) => word !== 0) ? seed : Int32Array.from(ownSeed);
}

/** True for a version that `hashName` knows. */
export function isDirectoryHashVersion(version: number): boolean {
  return version <= directoryHashVersion.tea;
}

/**
 * Hashes a name.
 *
 * @param hash of a known version.
 */
export function hashName({ version, unsigned, seed }: DirectoryHash, name: Uint8Array): NameHash {
  if (version === directoryHashVersion.legacy) return { major: inOrder(legacy(name, unsigned)), minor: 0 };
  const state = new Int32Array(seed);
  if (version === directoryHashVersion.halfMd4) {
    const words = new Int32Array(8);
    for (let at = 0; at < name.length; at += 32) {
      packName(name, at, words, unsigned);
      mixHalfMd4(state, words);
    }
    return { major: inOrder(state[1] as number), minor: (state[2] as number) >>> 0 };
  }
  const words = new Int32Array(4);
  for (let at = 0; at < name.length; at += 16) {
    packName(name, at, words, unsigned);
    mixTea(state, words);
  }
  return { major: inOrder(state[0] as number), minor: (state[1] as number) >>> 0 };
}

function inOrder(hash: number): number {
  const major = (hash & ~1) >>> 0;
  return major === endOfNames ? endOfNames - 2 : major;
}

/** `dx_hack_hash`. */
function legacy(name: Uint8Array, unsigned: boolean): number {
  let [before, last] = [0x37abe8f9, 0x12a3fe2d];
  for (const byte of name) {
    const char = unsigned ? byte : (byte << 24) >> 24;
    let hash = (before + (last ^ Math.imul(char, 7152373))) | 0;
    if (hash < 0) hash = (hash - 0x7fff_ffff) | 0;
    before = last;
    last = hash;
  }
  return last << 1;
}

/** `str2hashbuf`: characters added up in words, what is missing filled with the length. */
function packName(name: Uint8Array, start: number, words: Int32Array, unsigned: boolean): void {
  const left = name.length - start;
  const pad = (left & 0xff) * 0x01010101;
  const end = Math.min(left, 4 * words.length);
  let value = pad | 0;
  let word = 0;
  for (let i = 0; i < end; i++) {
    const byte = name[start + i] as number;
    value = ((unsigned ? byte : (byte << 24) >> 24) + (value << 8)) | 0;
    if ((i & 3) === 3) {
      words[word++] = value;
      value = pad | 0;
    }
  }
  if (word < words.length) words[word++] = value;
  while (word < words.length) words[word++] = pad;
}

const teaDelta = 0x9e3779b9;

/** `TEA_transform`: sixteen rounds of the Tiny Encryption Algorithm, the name as its key. */
function mixTea(state: Int32Array, words: Int32Array): void {
  const [a, b, c, d] = words as unknown as [number, number, number, number];
  let [x, y] = state as unknown as [number, number];
  let sum = 0;
  for (let round = 0; round < 16; round++) {
    sum = (sum + teaDelta) | 0;
    x = (x + (((y << 4) + a) ^ (y + sum) ^ ((y >>> 5) + b))) | 0;
    y = (y + (((x << 4) + c) ^ (x + sum) ^ ((x >>> 5) + d))) | 0;
  }
  state[0] = (state[0] as number) + x;
  state[1] = (state[1] as number) + y;
}

const secondRound = 0x5a827999;
const thirdRound = 0x6ed9eba1;

/**
 * `half_md4_transform`: the three rounds of MD4, each over eight words instead of sixteen. Written out, four
 * steps at a time: it runs for every name that is looked up.
 */
function mixHalfMd4(state: Int32Array, words: Int32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  for (let i = 0; i < 8; i += 4) {
    a = turn(a + (d ^ (b & (c ^ d))) + (words[i] as number), 3);
    d = turn(d + (c ^ (a & (b ^ c))) + (words[i + 1] as number), 7);
    c = turn(c + (b ^ (d & (a ^ b))) + (words[i + 2] as number), 11);
    b = turn(b + (a ^ (c & (d ^ a))) + (words[i + 3] as number), 19);
  }
  for (let i = 1; i >= 0; i--) {
    a = turn(a + (b & c) + ((b ^ c) & d) + (words[i] as number) + secondRound, 3);
    d = turn(d + (a & b) + ((a ^ b) & c) + (words[i + 2] as number) + secondRound, 5);
    c = turn(c + (d & a) + ((d ^ a) & b) + (words[i + 4] as number) + secondRound, 9);
    b = turn(b + (c & d) + ((c ^ d) & a) + (words[i + 6] as number) + secondRound, 13);
  }
  for (let i = 3; i >= 1; i -= 2) {
    a = turn(a + (b ^ c ^ d) + (words[i] as number) + thirdRound, 3);
    d = turn(d + (a ^ b ^ c) + (words[i + 4] as number) + thirdRound, 9);
    c = turn(c + (d ^ a ^ b) + (words[i - 1] as number) + thirdRound, 11);
    b = turn(b + (c ^ d ^ a) + (words[i + 3] as number) + thirdRound, 15);
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
}

function turn(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
