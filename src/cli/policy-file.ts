/** Files of the `policy` actions: policies, scenarios, and what is written. */
import { writeFile } from "node:fs/promises";
import { toHex } from "../bytes/hex.ts";
import { FormatError } from "../errors.ts";
import { openPolicy, type Policy, policyDigest } from "../policy/policy.ts";
import { decodePolicy, encodePolicy } from "../policy/policy-encoding.ts";
import { outlinePolicy, type PolicyOutline } from "../policy/policy-outline.ts";
import { readBoundedFile } from "./bounded-file.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** Far beyond any policy: what is transported has a limit of its own long before. */
const maxSizeBytes = 16 * 1024 * 1024;

/** More than any document has a use for, and little enough for those who walk it. */
const deepestNesting = 500;

/** A policy's text, as it is measured. */
export interface PolicyFile {
  /** As messages call it. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Whether the file held it in base64. */
  readonly encoded: boolean;
}

/**
 * Reads a policy, as Rego or in base64.
 *
 * @param path `-` for standard input.
 * @throws {CommandFailure} where it cannot be read.
 */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  const name = path === "-" ? "standard input" : path;
  return { name, ...decodePolicy(await readSmallFile(path, "policy")) };
}

/** A policy that an enforcer takes, and what it says. */
export interface OpenedPolicyFile extends PolicyFile {
  readonly policy: Policy;
  readonly outline: PolicyOutline;
}

/**
 * Reads a policy as `readPolicyFile`, and makes sure that an enforcer takes it: no other is shown as if one would.
 *
 * @throws {CommandFailure} where it cannot be read, or is none: in words that name the file.
 */
export async function openPolicyFile(path: string): Promise<OpenedPolicyFile> {
  const file = await readPolicyFile(path);
  try {
    return { ...file, policy: await openPolicy(file.bytes), outline: outlinePolicy(file.bytes) };
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new CommandFailure(exitCodes.failure, cause.message.replace(/^policy\.rego/, file.name), { cause });
  }
}

/** Reads a JSON document that a person wrote; `-` for standard input. */
export async function readJsonFile(path: string, what: string): Promise<unknown> {
  const bytes = await readSmallFile(path, what);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (nesting(text) > deepestNesting) throw new Error(`more than ${deepestNesting} levels`);
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(exitCodes.failure, `${path} is no JSON: ${why}`, { cause });
  }
}

/** Levels of brackets in a JSON text, those in strings aside. */
function nesting(text: string): number {
  let level = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++level);
    if (token === "]" || token === "}") level--;
  }
  return deepest;
}

async function readSmallFile(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readBoundedFile(path === "-" ? "/dev/stdin" : path, what, maxSizeBytes);
  } catch (error) {
    const { cause } = error as CommandFailure;
    if (!(cause instanceof Error)) throw error;
    throw new CommandFailure(exitCodes.failure, `Cannot read ${what} ${path}: ${cause.message}`, { cause });
  }
}

/** What a policy is measured and transported as. */
export async function policyMeasures(bytes: Uint8Array): Promise<{
  readonly digest: string;
  readonly sizeBytes: number;
  readonly base64: string;
}> {
  return {
    digest: toHex(await policyDigest(bytes)),
    sizeBytes: bytes.length,
    base64: encodePolicy(bytes),
  };
}

/** Writes a file of text, in place of what was there. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(exitCodes.failure, `${path} cannot be written: ${why}`, { cause });
  }
}
