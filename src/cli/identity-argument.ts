/** `--identity`: the full identity that the caller pins, as `format --json` prints it. */
import { fromHex } from "../bytes/hex.ts";
import { digestSizeBytes, isHashAlgorithm } from "../crypto/algorithms.ts";
import type { VerityIdentity } from "../verity/identity.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** Longer than any identity, and short enough to be read whole. */
const maxSizeBytes = 64 * 1024;

/**
 * Reads an identity from JSON text (an argument that begins with `{`) or from a
 * file. Fields that are not an identity's are passed over: `format --json`
 * prints some.
 *
 * @throws {CommandFailure} where the file cannot be read, or a field is missing or not what it must be.
 */
export async function readIdentity(argument: string): Promise<VerityIdentity> {
  const inline = argument.trimStart().startsWith("{");
  const source = inline ? "--identity" : argument;
  const text = inline
    ? argument
    : new TextDecoder().decode(await readBoundedFile(argument, "identity file", maxSizeBytes));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, "it is not JSON", cause);
  }
  if (parsed === null || typeof parsed !== "object" || Array.isArray(parsed)) {
    throw invalid(source, "it is not a JSON object");
  }
  return identityFrom(new Map<string, unknown>(Object.entries(parsed)), source);
}

function identityFrom(fields: ReadonlyMap<string, unknown>, source: string): VerityIdentity {
  const algorithm = fields.get("algorithm");
  if (typeof algorithm !== "string" || !isHashAlgorithm(algorithm)) {
    throw invalid(source, "algorithm is not the name of a hash algorithm");
  }
  const hashType = fields.get("hashType");
  if (hashType !== 0 && hashType !== 1) throw invalid(source, "hashType is neither 0 nor 1");
  const rootHash = hexField(fields, "rootHash", source);
  if (rootHash.length !== digestSizeBytes(algorithm)) {
    throw invalid(source, `rootHash is not a ${algorithm} digest`);
  }
  return {
    algorithm,
    hashType,
    rootHash,
    salt: hexField(fields, "salt", source),
    dataBlockSize: countField(fields, "dataBlockSize", source),
    hashBlockSize: countField(fields, "hashBlockSize", source),
    dataBlocks: countField(fields, "dataBlocks", source),
  };
}

function hexField(fields: ReadonlyMap<string, unknown>, name: string, source: string): Uint8Array {
  const value = fields.get(name);
  if (typeof value !== "string" || !/^([0-9a-fA-F]{2})*$/.test(value)) {
    throw invalid(source, `${name} is not hex text`);
  }
  return fromHex(value, name);
}

function countField(fields: ReadonlyMap<string, unknown>, name: string, source: string): number {
  const value = fields.get(name);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1) {
    throw invalid(source, `${name} is not a positive number`);
  }
  return value;
}

function invalid(source: string, why: string, cause?: unknown): CommandFailure {
  return new CommandFailure(
    exitCodes.failure,
    `Invalid identity (${source}): ${why}.\nGive what \`sealstone verity format --json\` printed, as text or as a file.`,
    { cause },
  );
}
