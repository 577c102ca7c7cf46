/**
 * DER, as a gate in front of a lenient parser: the bytes must be one value of
 * definite, minimally encoded lengths with nothing behind it (X.690 §10.1). A BER
 * parser takes much more, and two parsers that take different things are a
 * way to be told two stories.
 */
import { FormatError } from "../errors.ts";

/** CMS with certificates nests 14 deep or so; a host may send thousands. */
const maxDepth = 32;

const tagInteger = 0x02;
const tagSequence = 0x30;
const tagSet = 0x31;

function refuse(code: "bad-field" | "truncated", what: string, offsetBytes: number, why: string): never {
  throw new FormatError(code, `${what} is not DER: ${why} at byte ${offsetBytes}; refuse it`, {
    at: { field: what, offsetBytes },
  });
}

/** Reads the header at `start`; the value's end is checked against `end`, the parent's. */
function readHeader(
  bytes: Uint8Array,
  start: number,
  end: number,
  what: string,
): { tag: number; contentStart: number; contentEnd: number } {
  if (end - start < 2) refuse("truncated", what, start, "a header is cut short");
  const tag = bytes[start] as number;
  if ((tag & 0x1f) === 0x1f) refuse("bad-field", what, start, "a multi-byte tag");
  const first = bytes[start + 1] as number;
  if (first < 0x80) return checkEnd(bytes, tag, start, start + 2, first, end, what);
  if (first === 0x80) refuse("bad-field", what, start, "an indefinite length");
  const lengthBytes = first & 0x7f;
  if (lengthBytes > 4) refuse("bad-field", what, start, "a length of more than four bytes");
  const contentStart = start + 2 + lengthBytes;
  if (contentStart > end) refuse("truncated", what, start, "a header is cut short");
  let length = 0;
  for (let i = start + 2; i < contentStart; i++) length = length * 256 + (bytes[i] as number);
  if (length < 0x80 || length < 256 ** (lengthBytes - 1)) {
    refuse("bad-field", what, start, "a length in more bytes than it needs");
  }
  return checkEnd(bytes, tag, start, contentStart, length, end, what);
}

function checkEnd(
  bytes: Uint8Array,
  tag: number,
  start: number,
  contentStart: number,
  length: number,
  end: number,
  what: string,
): { tag: number; contentStart: number; contentEnd: number } {
  const contentEnd = contentStart + length;
  if (contentEnd > end) {
    refuse("truncated", what, start, `a value of ${length} bytes reaches past ${end} of ${bytes.length}`);
  }
  return { tag, contentStart, contentEnd };
}

/** Checks the value at `start` and all that it holds. Returns where it ends. */
function checkValue(bytes: Uint8Array, start: number, end: number, depth: number, what: string): number {
  if (depth > maxDepth) refuse("bad-field", what, start, `values nested more than ${maxDepth} deep`);
  const { tag, contentStart, contentEnd } = readHeader(bytes, start, end, what);
  const constructed = (tag & 0x20) !== 0;
  const universal = (tag & 0xc0) === 0;
  if (universal && constructed !== (tag === tagSequence || tag === tagSet)) {
    const mustBe = (tag & 0x1f) === 0x10 || (tag & 0x1f) === 0x11 ? "constructed" : "primitive";
    refuse("bad-field", what, start, `a value that must be ${mustBe}`);
  }
  if (constructed) {
    let position = contentStart;
    while (position < contentEnd) position = checkValue(bytes, position, contentEnd, depth + 1, what);
  }
  return contentEnd;
}

/**
 * Asserts that `bytes` are exactly one DER value, header by header: definite
 * minimal lengths, every value inside its parent, no constructed strings, no
 * bytes behind. Contents of primitive values are left to who reads them.
 *
 * @param bytes held by the host, or by whoever wrote them; at most what the caller bounds.
 * @param what names the value in the error, for example `"signature"`.
 * @throws {FormatError} `truncated` when a value reaches past its parent, else `bad-field`.
 */
export function assertDer(bytes: Uint8Array, what: string): void {
  const end = checkValue(bytes, 0, bytes.length, 0, what);
  if (end !== bytes.length) refuse("bad-field", what, end, "bytes behind the value");
}

/**
 * Asserts the shape of an ECDSA signature (RFC 5480 appendix A, ECDSA-Sig-Value):
 * a SEQUENCE of two positive INTEGERs, minimally encoded. One signature has one
 * encoding then; the library's parser would take several.
 *
 * @throws {FormatError} as `assertDer`.
 */
export function assertEcdsaSignatureValue(bytes: Uint8Array, what: string): void {
  assertDer(bytes, what);
  const sequence = readHeader(bytes, 0, bytes.length, what);
  if (sequence.tag !== tagSequence) refuse("bad-field", what, 0, "no SEQUENCE");
  let position = sequence.contentStart;
  for (let i = 0; i < 2; i++) {
    const { tag, contentStart, contentEnd } = readHeader(bytes, position, bytes.length, what);
    const [first = 0x80, second = 0x80] = bytes.subarray(contentStart, contentEnd);
    if (tag !== tagInteger || first >= 0x80 || (first === 0 && second < 0x80)) {
      refuse("bad-field", what, position, "no positive INTEGER in the fewest bytes");
    }
    position = contentEnd;
  }
  if (position !== bytes.length) refuse("bad-field", what, position, "a third value");
}
