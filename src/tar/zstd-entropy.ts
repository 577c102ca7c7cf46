/** zstd's two codes: finite state entropy (RFC 8878, 4.1) and Huffman (4.2). */
import { BackwardBits } from "./zstd-bits.ts";

/** By state: the symbol, and how the next state comes of it. */
export interface FseTable {
  readonly accuracyBits: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** By the next bits of a stream: the symbol, and how many bits its code has. */
export interface HuffmanTable {
  readonly maxBits: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

const maxHuffmanBits = 11;
const maxHuffmanWeights = 255;
const maxWeightAccuracyBits = 6;

/** A table that has one symbol alone, in no bits. */
export function singleSymbolTable(symbol: number): FseTable {
  return {
    accuracyBits: 0,
    symbols: Uint8Array.of(symbol),
    bits: new Uint8Array(1),
    bases: new Uint16Array(1),
  };
}

/**
 * A table from its probabilities, -1 for "less than 1" (4.1.1, "From normalized distribution to decoding tables").
 *
 * @param probabilities by symbol; the sum of their absolute values is two to the power of `accuracyBits`.
 */
export function buildFseTable(probabilities: readonly number[], accuracyBits: number): FseTable {
  const size = 1 << accuracyBits;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(probabilities.length);
  let high = size;
  for (const [symbol, probability] of probabilities.entries()) {
    if (probability === -1) symbols[--high] = symbol;
    next[symbol] = Math.abs(probability);
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (const [symbol, probability] of probabilities.entries()) {
    for (let i = 0; i < probability; i++) {
      symbols[position] = symbol;
      do position = (position + step) & (size - 1);
      while (position >= high);
    }
  }
  const bits = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const symbol = symbols[state] as number;
    const value = next[symbol] as number;
    next[symbol] = value + 1;
    bits[state] = accuracyBits - (31 - Math.clz32(value));
    bases[state] = (value << (bits[state] as number)) - size;
  }
  return { accuracyBits, symbols, bits, bases };
}

/**
 * Reads a table's description from `start` (4.1.1).
 *
 * @returns the table and where its description ends, or `undefined` where it is malformed.
 */
export function readFseTable(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: { readonly accuracyBits: number; readonly symbol: number },
): { readonly table: FseTable; readonly end: number } | undefined {
  let bit = start * 8;
  const peek = (count: number): number => {
    const at = bit >> 3;
    const word = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (word >> (bit & 7)) & ((1 << count) - 1);
  };
  const accuracyBits = peek(4) + 5;
  bit += 4;
  if (accuracyBits > limits.accuracyBits) return undefined;
  const probabilities: number[] = [];
  let remaining = 1 << accuracyBits;
  while (remaining > 0 && probabilities.length <= limits.symbol && bit < end * 8) {
    // A value from 0 to remaining + 1: the smaller ones take one bit less.
    const long = 32 - Math.clz32(remaining + 1);
    const spare = (1 << long) - 2 - remaining;
    const low = peek(long - 1);
    const whole = peek(long);
    const isShort = low < spare;
    bit += isShort ? long - 1 : long;
    const value = isShort ? low : whole < 1 << (long - 1) ? whole : whole - spare;
    probabilities.push(value - 1);
    remaining -= Math.abs(value - 1);
    if (value !== 1) continue;
    for (let repeat = 3; repeat === 3 && bit < end * 8; ) {
      repeat = peek(2);
      bit += 2;
      for (let i = 0; i < repeat; i++) probabilities.push(0);
    }
  }
  const tableEnd = (bit + 7) >> 3;
  if (remaining !== 0 || tableEnd > end || probabilities.length > limits.symbol + 1) return undefined;
  return { table: buildFseTable(probabilities, accuracyBits), end: tableEnd };
}

/** Reads a Huffman tree's description from `start` (4.2.1); as `readFseTable`. */
export function readHuffmanTable(
  bytes: Uint8Array,
  start: number,
  end: number,
): { readonly table: HuffmanTable; readonly end: number } | undefined {
  const header = bytes[start] ?? 0;
  const weights: number[] = [];
  let treeEnd: number;
  if (start >= end) return undefined;
  if (header < 128) {
    treeEnd = start + 1 + header;
    if (treeEnd > end || !readWeights(bytes, start + 1, treeEnd, weights)) return undefined;
  } else {
    const count = header - 127;
    treeEnd = start + 1 + ((count + 1) >> 1);
    if (treeEnd > end) return undefined;
    for (let i = 0; i < count; i++) {
      const pair = bytes[start + 1 + (i >> 1)] as number;
      weights.push((i & 1) === 0 ? pair >> 4 : pair & 15);
    }
  }
  const table = buildHuffmanTable(weights);
  return table && { table, end: treeEnd };
}

/** Weights coded by two states in turn, until the bits run out (4.2.1.2). False where malformed. */
function readWeights(bytes: Uint8Array, start: number, end: number, weights: number[]): boolean {
  const read = readFseTable(bytes, start, end, { accuracyBits: maxWeightAccuracyBits, symbol: 255 });
  if (read === undefined) return false;
  const { table } = read;
  const bits = new BackwardBits(bytes, read.end, end);
  let state = bits.read(table.accuracyBits);
  let other = bits.read(table.accuracyBits);
  if (bits.left < 0) return false;
  // A table of one symbol takes no bits, and would give weights without end.
  while (weights.length < maxHuffmanWeights) {
    weights.push(table.symbols[state] as number);
    const count = table.bits[state] as number;
    if (bits.left < count) {
      weights.push(table.symbols[other] as number);
      return weights.length <= maxHuffmanWeights;
    }
    const next = (table.bases[state] as number) + bits.read(count);
    state = other;
    other = next;
  }
  return false;
}

/** The last weight is not given: it makes the sum a power of two. */
function buildHuffmanTable(weights: number[]): HuffmanTable | undefined {
  const sum = weights.reduce((sum, weight) => sum + (weight > 0 ? 2 ** (weight - 1) : 0), 0);
  if (sum === 0) return undefined;
  const maxBits = 32 - Math.clz32(sum);
  const size = 2 ** maxBits;
  const rest = size - sum;
  if (maxBits > maxHuffmanBits || (rest & (rest - 1)) !== 0) return undefined;
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(size);
  const bits = new Uint8Array(size);
  let at = 0;
  for (let weight = 1; weight <= maxBits; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue;
      const end = at + 2 ** (weight - 1);
      symbols.fill(symbol, at, end);
      bits.fill(maxBits + 1 - weight, at, end);
      at = end;
    }
  }
  return at === size ? { maxBits, symbols, bits } : undefined;
}

/**
 * Decodes one Huffman stream into all of `into` (4.2.2).
 *
 * @returns false where the stream does not end with the last symbol.
 */
export function decodeHuffman(
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): boolean {
  const bits = new BackwardBits(bytes, start, end);
  const { maxBits } = table;
  for (let i = 0; i < into.length; i++) {
    if (bits.left < 0) return false;
    const index = bits.peek(maxBits);
    into[i] = table.symbols[index] as number;
    bits.left -= table.bits[index] as number;
  }
  return bits.left === 0;
}
