/**
 * On-disk structures as data: each field's offset and size in bytes, once, for
 * reading and for writing. All of ext4 is little-endian.
 */
import { InvariantError } from "../errors.ts";

/** A field's offset in its structure and its size, in bytes. */
export type Field = readonly [offsetBytes: number, sizeBytes: number];

/** The fields of a structure, by name. */
export type Fields = Readonly<Record<string, Field>>;

/** What a field holds: an integer where it has 1, 2 or 4 bytes, else its bytes. */
export type FieldValue<F extends Field> = F[1] extends 1 | 2 | 4 ? number : Uint8Array;

/** The values of a structure, by field. */
export type FieldValues<S extends Fields> = { readonly [Name in keyof S]: FieldValue<S[Name]> };

/**
 * Reads one integer field of the structure that starts at `startBytes`.
 *
 * @throws {InvariantError} where the field is outside `bytes`: sizes are checked by the caller.
 */
export function readField(bytes: Uint8Array, startBytes: number, field: Field): number {
  const at = startBytes + field[0];
  const size = field[1];
  checkRange(bytes, at, size);
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}

/** Writes the low bits of one integer field of the structure that starts at `startBytes`. */
export function writeField(bytes: Uint8Array, startBytes: number, field: Field, value: number): void {
  const at = startBytes + field[0];
  const size = field[1];
  checkRange(bytes, at, size);
  for (let i = 0; i < size; i++) bytes[at + i] = value >>> (8 * i);
}

/**
 * Millions of fields go through here: no message is made up, and no view, where all is well. Nor is
 * a field taken apart by a pattern, which calls an iterator.
 */
function checkRange(bytes: Uint8Array, at: number, size: number): void {
  if (at >= 0 && at + size <= bytes.length && size <= 4) return;
  throw new InvariantError(`field of ${size} bytes at ${at} in ${bytes.length}`);
}

/** The bytes of one field: a view, not a copy. */
export function fieldBytes(bytes: Uint8Array, startBytes: number, [offset, size]: Field): Uint8Array {
  const start = startBytes + offset;
  if (start < 0 || start + size > bytes.length) {
    throw new InvariantError(`field of ${size} bytes at ${start} in ${bytes.length}`);
  }
  return bytes.subarray(start, start + size);
}

/** Reads every field. Fields of bytes are copies, so the result shares no memory with `bytes`. */
export function readStructure<S extends Fields>(
  fields: S,
  bytes: Uint8Array,
  startBytes = 0,
): FieldValues<S> {
  const values = Object.entries(fields).map(([name, field]) => [
    name,
    isInteger(field)
      ? readField(bytes, startBytes, field)
      : new Uint8Array(fieldBytes(bytes, startBytes, field)),
  ]);
  return Object.fromEntries(values) as FieldValues<S>;
}

/** Writes the fields that are given; the others keep what `into` holds. */
export function writeStructure<S extends Fields>(
  fields: S,
  values: Partial<FieldValues<S>>,
  into: Uint8Array,
  startBytes = 0,
): void {
  for (const [name, value] of Object.entries(values)) {
    const field = fields[name];
    if (field === undefined) throw new InvariantError(`no field ${name}`);
    if (typeof value === "number") writeField(into, startBytes, field, value);
    else if (value !== undefined) fieldBytes(into, startBytes, field).set(value as Uint8Array);
  }
}

function isInteger([, size]: Field): boolean {
  return size === 1 || size === 2 || size === 4;
}
