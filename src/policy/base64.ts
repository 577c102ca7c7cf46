/** Base64 of RFC 4648, section 4, with padding: how policies and denials travel. */
import { FormatError } from "../errors.ts";

const wellFormed = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Characters handed to one call at a time: more would be too many arguments. */
const pieceLength = 8192;

/** The text that stands for bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  let latin1 = "";
  for (let start = 0; start < bytes.length; start += pieceLength) {
    latin1 += String.fromCharCode(...bytes.subarray(start, start + pieceLength));
  }
  return btoa(latin1);
}

/**
 * The bytes that a text stands for; line ends in it count for nothing, as in Go.
 *
 * @param what names the text in the error.
 * @throws {FormatError} `bad-field` for any other character and for padding that is not due or missing.
 */
export function decodeBase64(text: string, what: string): Uint8Array {
  const compact = withoutLineEnds(text);
  if (!wellFormed.test(compact)) throw new FormatError("bad-field", `${what} is not base64`);
  return Uint8Array.from(atob(compact), (char) => char.charCodeAt(0));
}

/** Whether a text is base64, line ends in it aside. */
export function isBase64(text: string): boolean {
  return wellFormed.test(withoutLineEnds(text));
}

function withoutLineEnds(text: string): string {
  return text.replace(/[\r\n]/g, "");
}
