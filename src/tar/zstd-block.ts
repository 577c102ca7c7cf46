/** Compressed blocks: literals, and sequences that weave them with what came before (RFC 8878, 3.1.1.3). */
import { checkBlock } from "./malformed-block.ts";
import { BackwardBits } from "./zstd-bits.ts";
import {
  buildFseTable,
  decodeHuffman,
  type FseTable,
  type HuffmanTable,
  readFseTable,
  readHuffmanTable,
  singleSymbolTable,
} from "./zstd-entropy.ts";
import { MAX_BLOCK_SIZE_BYTES } from "./zstd-frame.ts";
import type { ZstdOutput } from "./zstd-output.ts";

/** What one block leaves to the next of its frame. */
export interface BlockContext {
  huffman: HuffmanTable | undefined;
  tables: (FseTable | undefined)[];
  /** The last three offsets, the latest first (3.1.1.5). */
  offsets: [number, number, number];
}

/** As a frame begins. */
export function newBlockContext(): BlockContext {
  return { huffman: undefined, tables: [undefined, undefined, undefined], offsets: [1, 4, 8] };
}

const literalLength = 0;
const offset = 1;
const matchLength = 2;

/** By kind of code: the largest symbol, the largest accuracy, and the table that needs no description (3.1.1.3.2.2). */
const kinds: readonly {
  readonly limits: { readonly accuracyBits: number; readonly symbol: number };
  readonly accuracyBits: number;
  readonly probabilities: readonly number[];
}[] = [
  {
    limits: { accuracyBits: 9, symbol: 35 },
    accuracyBits: 6,
    probabilities: [
      4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
      -1, -1,
    ],
  },
  {
    limits: { accuracyBits: 8, symbol: 31 },
    accuracyBits: 5,
    probabilities: [
      1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
    ],
  },
  {
    limits: { accuracyBits: 9, symbol: 52 },
    accuracyBits: 6,
    probabilities: [
      1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
    ],
  },
];

/** How many bits a code is followed by; its baseline is what the codes before it do not reach (3.1.1.3.2.1.1). */
const literalLengthBits: readonly number[] = [
  ...Array<number>(16).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];
const matchLengthBits: readonly number[] = [
  ...Array<number>(32).fill(0),
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
];
const literalLengthBases: readonly number[] = baselines(literalLengthBits, 0);
const matchLengthBases: readonly number[] = baselines(matchLengthBits, 3);

function baselines(bits: readonly number[], first: number): number[] {
  let next = first;
  return bits.map((count) => {
    const base = next;
    next += 2 ** count;
    return base;
  });
}

/**
 * Decodes a block's content behind what `output` holds already.
 *
 * @throws {MalformedBlock} for whatever the format does not allow.
 */
export function decodeBlock(block: Uint8Array, context: BlockContext, output: ZstdOutput): void {
  const { literals, end } = readLiterals(block, context);
  const [a = 0, b = 0, c = 0] = block.subarray(end);
  checkBlock(end < block.length, "a block without sequences");
  const countSize = a < 128 ? 1 : a < 255 ? 2 : 3;
  const count = a < 128 ? a : a < 255 ? (a - 128) * 256 + b : b + c * 256 + 0x7f00;
  if (count === 0) {
    checkBlock(end + countSize === block.length, "data behind the literals");
    output.append(literals, 0, literals.length);
    return;
  }
  const modesAt = end + countSize;
  checkBlock(modesAt < block.length, "sequences without a header");
  const modes = block[modesAt] as number;
  checkBlock((modes & 3) === 0, "a reserved bit is set");
  let at = modesAt + 1;
  for (const kind of [literalLength, offset, matchLength]) {
    at = readTable(block, at, (modes >> (6 - 2 * kind)) & 3, kind, context);
  }
  runSequences(new BackwardBits(block, at, block.length), count, literals, context, output);
}

/** Raw, repeated, or Huffman-coded in one or four streams (3.1.1.3.1). */
function readLiterals(block: Uint8Array, context: BlockContext): { literals: Uint8Array; end: number } {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = block;
  const type = b0 & 3;
  const format = (b0 >> 2) & 3;
  if (type < 2) {
    const start = [1, 2, 1, 3][format] as number;
    const size = (format & 1) === 0 ? b0 >> 3 : (b0 >> 4) | (b1 << 4) | (format === 3 ? b2 << 12 : 0);
    const end = start + (type === 1 ? 1 : size);
    checkBlock(size <= MAX_BLOCK_SIZE_BYTES && end <= block.length, "literals that do not fit their block");
    if (type === 0) return { literals: block.subarray(start, end), end };
    return { literals: new Uint8Array(size).fill(block[start] as number), end };
  }
  const headerSize = [3, 3, 4, 5][format] as number;
  const sizeBits = [10, 10, 14, 18][format] as number;
  // Up to 40 bits: more than the operators on integers take.
  const header = b0 + b1 * 2 ** 8 + b2 * 2 ** 16 + b3 * 2 ** 24 + b4 * 2 ** 32;
  const size = Math.floor(header / 16) % 2 ** sizeBits;
  const storedSize = Math.floor(header / 2 ** (4 + sizeBits)) % 2 ** sizeBits;
  const end = headerSize + storedSize;
  checkBlock(size <= MAX_BLOCK_SIZE_BYTES && end <= block.length, "literals that do not fit their block");
  let start = headerSize;
  if (type === 2) {
    const tree = readHuffmanTable(block, start, end);
    checkBlock(tree !== undefined, "a malformed Huffman tree");
    context.huffman = tree.table;
    start = tree.end;
  }
  checkBlock(context.huffman !== undefined, "literals without a Huffman tree");
  const literals = new Uint8Array(size);
  const isWhole =
    format === 0
      ? decodeHuffman(context.huffman, block, start, end, literals)
      : decodeFourStreams(context.huffman, block, start, end, literals);
  checkBlock(isWhole, "malformed literals");
  return { literals, end };
}

/** Three sizes of 16 bits, then the streams; all but the last give the same number of literals (3.1.1.3.1.6). */
function decodeFourStreams(
  table: HuffmanTable,
  block: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): boolean {
  const each = (into.length + 3) >> 2;
  let at = start + 6;
  if (at > end || 3 * each > into.length) return false;
  for (let i = 0; i < 4; i++) {
    const size = (block[start + 2 * i] as number) | ((block[start + 2 * i + 1] as number) << 8);
    const streamEnd = i === 3 ? end : at + size;
    const part = into.subarray(i * each, i === 3 ? into.length : (i + 1) * each);
    if (streamEnd > end || !decodeHuffman(table, block, at, streamEnd, part)) return false;
    at = streamEnd;
  }
  return true;
}

/** Predefined, one symbol, described, or the last one's again; gives where it ends. */
function readTable(block: Uint8Array, at: number, mode: number, kind: number, context: BlockContext): number {
  const { limits, probabilities, accuracyBits } = kinds[kind] as (typeof kinds)[number];
  if (mode === 0) {
    context.tables[kind] = buildFseTable(probabilities, accuracyBits);
    return at;
  }
  if (mode === 1) {
    const symbol = block[at] ?? 0xff;
    checkBlock(symbol <= limits.symbol, "an unknown code");
    context.tables[kind] = singleSymbolTable(symbol);
    return at + 1;
  }
  if (mode === 3) {
    checkBlock(context.tables[kind] !== undefined, "a table is to be repeated, and there is none");
    return at;
  }
  const read = readFseTable(block, at, block.length, limits);
  checkBlock(read !== undefined, "a malformed table of codes");
  context.tables[kind] = read.table;
  return read.end;
}

/** Each sequence: some literals, then a match (3.1.1.4). The literals left over come last. */
function runSequences(
  bits: BackwardBits,
  count: number,
  literals: Uint8Array,
  context: BlockContext,
  output: ZstdOutput,
): void {
  const [lengths, offsets, matches] = context.tables as [FseTable, FseTable, FseTable];
  let lengthState = bits.read(lengths.accuracyBits);
  let offsetState = bits.read(offsets.accuracyBits);
  let matchState = bits.read(matches.accuracyBits);
  let used = 0;
  for (let left = count; left > 0; left--) {
    const offsetCode = offsets.symbols[offsetState] as number;
    // A code of 31 stands for more than any window has.
    checkBlock(offsetCode < 31, "a match before the beginning");
    const value = (1 << offsetCode) + bits.read(offsetCode);
    const matchCode = matches.symbols[matchState] as number;
    const match = (matchLengthBases[matchCode] as number) + bits.read(matchLengthBits[matchCode] as number);
    const lengthCode = lengths.symbols[lengthState] as number;
    const length =
      (literalLengthBases[lengthCode] as number) + bits.read(literalLengthBits[lengthCode] as number);
    if (left > 1) {
      lengthState = (lengths.bases[lengthState] as number) + bits.read(lengths.bits[lengthState] as number);
      matchState = (matches.bases[matchState] as number) + bits.read(matches.bits[matchState] as number);
      offsetState = (offsets.bases[offsetState] as number) + bits.read(offsets.bits[offsetState] as number);
    }
    checkBlock(bits.left >= 0, "sequences beyond their bits");
    checkBlock(used + length <= literals.length, "sequences beyond their literals");
    output.append(literals, used, used + length);
    used += length;
    output.repeat(takeOffset(context, value, length), match);
  }
  checkBlock(bits.left === 0, "bits behind the last sequence");
  output.append(literals, used, literals.length);
}

/** The offset that a value means: one of the last three for 1 to 3 (3.1.1.5). */
function takeOffset(context: BlockContext, value: number, length: number): number {
  const [first, second, third] = context.offsets;
  if (value > 3) {
    context.offsets = [value - 3, first, second];
    return value - 3;
  }
  const index = length === 0 ? value : value - 1;
  if (index === 0) return first;
  if (index === 1) {
    context.offsets = [second, first, third];
    return second;
  }
  const offset = index === 2 ? third : first - 1;
  checkBlock(offset > 0, "an offset of zero");
  context.offsets = [offset, first, second];
  return offset;
}
