/** Modes as Node takes them. */
import { UsageError } from "../errors.ts";

/** A number, or its octal digits as text. */
export type FileMode = number | string;

/** All bits of a mode but the type's. */
export const permissionBits = 0o7777;

/**
 * The low 12 bits of a mode.
 *
 * @throws {UsageError} `invalid-argument` for what is no mode.
 */
export function permissionsOf(mode: FileMode | null | undefined, otherwise?: number): number {
  const given = mode ?? otherwise;
  const octal = typeof given === "string" && /^[0-7]+$/u.test(given);
  const value = octal ? Number.parseInt(given, 8) : given;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new UsageError("invalid-argument", `mode ${String(mode)} is neither a number nor octal digits`);
  }
  return value & permissionBits;
}
