/** Hexadecimal text. Decoding is strict: an even number of hex digits, nothing else. */
import { UsageError } from "../errors.ts";

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hex digits, two a byte. Never for secrets: the result is a JS string. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += digits[byte];
  return text;
}

/**
 * Decodes hex digits of either case.
 *
 * @param what names the value in the error, for example `"salt"`.
 * @throws {UsageError} `invalid-argument` on an odd length or a character that is no hex digit.
 */
export function fromHex(text: string, what = "hex text"): Uint8Array {
  if (text.length % 2 !== 0) {
    throw new UsageError("invalid-argument", `${what} has an odd number of hex digits (${text.length})`);
  }
  const position = text.search(/[^0-9a-fA-F]/);
  if (position !== -1) {
    throw new UsageError(
      "invalid-argument",
      `${what} has a character at position ${position} that is no hex digit`,
    );
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
