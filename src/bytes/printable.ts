/**
 * Bytes of names, shown to a person. An image or an archive chooses them: they
 * need not be UTF-8, and may hold what moves a terminal's cursor or turns the
 * direction of the text around it.
 */

/** Letters, marks, digits, punctuation, symbols and the plain space: what shows as itself, and nothing else. */
const shown = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/**
 * The bytes as text in which no two differ unseen: UTF-8 that shows as itself
 * stays, a backslash is doubled, every other byte becomes `\xNN`.
 */
export function printableText(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceSize(bytes, at);
    const character = size > 0 ? decode(bytes.subarray(at, at + size)) : undefined;
    if (character === "\\") {
      text += "\\\\";
      at += 1;
    } else if (character !== undefined && shown.test(character)) {
      text += character;
      at += size;
    } else {
      text += `\\x${(bytes[at] as number).toString(16).padStart(2, "0")}`;
      at += 1;
    }
  }
  return text;
}

/** How long the UTF-8 sequence is that begins here, by its first byte; 0 where none begins. */
function sequenceSize(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function decode(sequence: Uint8Array): string | undefined {
  try {
    // A byte order mark is a character as any other here: it must not vanish.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(sequence);
  } catch {
    return undefined;
  }
}
