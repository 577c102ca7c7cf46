/** The root hash as the command takes it: hex digits, as an operand or in a file. */
import { writeFile } from "node:fs/promises";
import { fromHex, toHex } from "../bytes/hex.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/**
 * The root hash that the caller trusts. As with veritysetup the file wins over
 * the operand, and what follows the digits in it is not looked at.
 *
 * @throws {CommandFailure} where neither is given, the file cannot be read, or
 *   either holds something else than `2 × digestSizeBytes` hex digits.
 */
export async function readRootHash(
  operand: string | undefined,
  file: string | undefined,
  digestSizeBytes: number,
): Promise<Uint8Array> {
  const digits = 2 * digestSizeBytes;
  if (file !== undefined) {
    const text = new TextDecoder("latin1").decode(
      await readBoundedFile(file, "root hash file", digits, "ignore"),
    );
    if (text.length < digits) throw failure(`Invalid root hash file ${file}.`);
    return decoded(text, digits);
  }
  if (operand === undefined) {
    throw failure("Command requires <root_hash> or --root-hash-file option as argument.");
  }
  return decoded(operand, digits);
}

/** Writes the root hash as veritysetup does: the digits alone, for the owner alone to read. */
export async function writeRootHash(file: string, rootHash: Uint8Array): Promise<void> {
  try {
    await writeFile(file, toHex(rootHash), { mode: 0o600 });
  } catch (cause) {
    throw failure(`Cannot create root hash file ${file} for writing.`, cause);
  }
}

function decoded(text: string, digits: number): Uint8Array {
  if (text.length !== digits || !/^[0-9a-fA-F]*$/.test(text)) {
    throw failure(
      `Invalid root hash string specified.\nThis volume's root hash is ${digits} hex digits; these are ${text.length}${
        text.length === digits ? ", not all of them hex digits" : ""
      }.`,
    );
  }
  return fromHex(text, "root hash");
}

function failure(message: string, cause?: unknown): CommandFailure {
  return new CommandFailure(exitCodes.failure, message, { cause });
}
