/**
 * Byte strings as JavaScript strings of one character a byte (U+0000 to
 * U+00FF): what a Map can be keyed by, and what `<` orders as bytes.
 */

/** As many arguments as every engine lets `String.fromCharCode` take. */
const chunkBytes = 8192;

/** The bytes as characters, one each. */
export function latin1FromBytes(bytes: Uint8Array): string {
  if (bytes.length <= chunkBytes) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = "";
  for (let i = 0; i < bytes.length; i += chunkBytes) {
    text += latin1FromBytes(bytes.subarray(i, i + chunkBytes));
  }
  return text;
}

/** The characters as bytes; of one above U+00FF the low eight bits. */
export function bytesFromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
