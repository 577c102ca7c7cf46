/** UUIDs of superblocks: 16 bytes in the order of their text (RFC 9562). */
import { fromHex, toHex } from "../bytes/hex.ts";
import { UsageError } from "../errors.ts";

/** A random UUID, version 4. */
export function randomUuid(): Uint8Array {
  const uuid = crypto.getRandomValues(new Uint8Array(16));
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
  return uuid;
}

/** The text of 16 bytes, lower case: `11111111-2222-4333-8444-555555555555`. */
export function uuidText(uuid: Uint8Array): string {
  return toHex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * Parses the text of a UUID, either case; any version is taken.
 *
 * @throws {UsageError} `invalid-argument` for anything else.
 */
export function parseUuid(text: string): Uint8Array {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text)) {
    throw new UsageError("invalid-argument", "a UUID is written 8-4-4-4-12 hex digits", {
      at: { field: "uuid" },
    });
  }
  return fromHex(text.replaceAll("-", ""), "UUID");
}
