/**
 * Numbers as archives write them: octal, base-256 (GNU), and decimal in PAX
 * records. All are int64; where Go reports an error, these give `undefined`.
 */

const int64Limit = 1n << 63n;

function isBlank(byte: number | undefined): boolean {
  return byte === 0 || byte === 0x20;
}

/**
 * Octal digits in a field of at most 12 bytes, padded with spaces and NULs on
 * either side; what follows a NUL inside does not count. Blank is 0.
 * Go: `parser.parseOctal`.
 */
export function parseOctal(bytes: Uint8Array, start: number, end: number): number | undefined {
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  let value = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0) break;
    if (byte < 0x30 || byte > 0x37) return undefined;
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

/**
 * A header's number: base-256 where the first bit is set (two's complement, the
 * second bit is its sign), else octal. Go: `parser.parseNumeric`.
 */
export function parseNumeric(bytes: Uint8Array, start: number, end: number): bigint | undefined {
  const first = bytes[start] as number;
  if ((first & 0x80) === 0) {
    const value = parseOctal(bytes, start, end);
    return value === undefined ? undefined : BigInt(value);
  }
  const inverted = (first & 0x40) === 0 ? 0 : 0xff;
  let magnitude = BigInt((first ^ inverted) & 0x7f);
  for (let at = start + 1; at < end; at++) {
    magnitude = (magnitude << 8n) | BigInt((bytes[at] as number) ^ inverted);
  }
  if (magnitude >= int64Limit) return undefined;
  return inverted === 0 ? magnitude : -magnitude - 1n;
}

/** Decimal digits behind an optional sign, inside int64. Go: `strconv.ParseInt(text, 10, 64)`. */
export function parseDecimal(bytes: Uint8Array): bigint | undefined {
  const sign = bytes[0];
  let at = sign === 0x2b || sign === 0x2d ? 1 : 0;
  if (at === bytes.length) return undefined;
  while (at < bytes.length && bytes[at] === 0x30) at++;
  // 2^63 has 19 digits: a number of a million of them is refused before it is computed.
  if (bytes.length - at > 19) return undefined;
  let high = 0;
  let low = 0;
  for (; at < bytes.length; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    // The last nine digits in `low`, those before them in `high`: both stay exact.
    if (bytes.length - at > 9) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  const magnitude = high === 0 ? BigInt(low) : BigInt(high) * 1_000_000_000n + BigInt(low);
  const value = sign === 0x2d ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}
