/**
 * A policy's text: what is measured into the attestation report, and what enforcers are made of. Whoever holds the
 * text is the host; what makes it the tenant's is its digest.
 */
import { equalBytes, toHex } from "../bytes/index.ts";
import { AttestationError, FormatError } from "../errors.ts";
import { decodeBase64 } from "./base64.ts";
import { type EnforcerOptions, PolicyEnforcer } from "./enforcer.ts";
import { rulesOf } from "./native/native-rules.ts";
import { OpenDoorRules } from "./open-door-rules.ts";
import type { PolicyRules } from "./policy-rules.ts";

/** Which enforcer a host asks for: one that reads a policy, or one that allows all and takes the empty policy alone. */
export type EnforcerKind = "rego" | "open_door";

/** A policy that was read. */
export class Policy {
  /** The text as it is measured. */
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array;
  readonly #rules: PolicyRules;

  /** Made by `openPolicy`. */
  constructor(bytes: Uint8Array, digest: Uint8Array, rules: PolicyRules) {
    this.bytes = bytes;
    this.digest = digest;
    this.#rules = rules;
  }

  /**
   * Holds the policy against the launch measurement's HOST_DATA.
   *
   * @param hostData 32 bytes of an attestation report.
   * @throws {AttestationError} `not-attested` where this is not the policy that was measured.
   */
  checkHostData(hostData: Uint8Array): void {
    checkMeasured(this.digest, hostData);
  }

  /** A new enforcer, which remembers nothing yet. */
  enforcer(options: EnforcerOptions = {}): PolicyEnforcer {
    return new PolicyEnforcer(this.#rules, options);
  }
}

/**
 * Reads a policy.
 *
 * @param text the policy's text, or its UTF-8 bytes; the host's.
 * @throws {FormatError} for a text that is not Rego (`bad-syntax`), not read here (`unsupported`) or contradicts
 *   itself (`bad-rule`), with line and column; for `open_door`, any text (`bad-field`).
 */
export async function openPolicy(text: string | Uint8Array, kind: EnforcerKind = "rego"): Promise<Policy> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text.slice();
  const rules = kind === "open_door" ? openDoor(bytes) : regoRules(bytes);
  return new Policy(bytes, await policyDigest(bytes), rules);
}

/** What is measured of a policy, whatever its text: SHA-256 of the bytes as they are. */
export async function policyDigest(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
}

/**
 * Reads a policy as it is transported: its text in base64.
 *
 * @throws {FormatError} as `openPolicy`, and `bad-field` for what is not base64.
 */
export async function openEncodedPolicy(base64: string, kind: EnforcerKind = "rego"): Promise<Policy> {
  return await openPolicy(decodeBase64(base64, "the policy"), kind);
}

/**
 * Reads a policy as it is transported, if it is the one that was measured: no other is looked at.
 *
 * @param base64 the host's.
 * @param hostData HOST_DATA of an attestation report, which is trusted.
 * @throws {AttestationError} `not-attested` for another policy's text.
 * @throws {FormatError} as `openEncodedPolicy`.
 */
export async function openMeasuredPolicy(base64: string, hostData: Uint8Array): Promise<Policy> {
  const bytes = decodeBase64(base64, "the policy");
  checkMeasured(await policyDigest(bytes), hostData);
  return await openPolicy(bytes);
}

function checkMeasured(digest: Uint8Array, hostData: Uint8Array): void {
  if (equalBytes(hostData, digest)) return;
  throw new AttestationError(
    "not-attested",
    `the policy's SHA-256 is ${toHex(digest)}, but ${toHex(hostData)} was measured: refuse the policy`,
  );
}

function openDoor(bytes: Uint8Array): PolicyRules {
  if (bytes.length === 0) return new OpenDoorRules();
  throw new FormatError("bad-field", "the open_door enforcer takes the empty policy alone, not a text");
}

function regoRules(bytes: Uint8Array): PolicyRules {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new FormatError("bad-syntax", "policy.rego is not UTF-8", { cause: error });
  }
  return rulesOf({ name: "policy.rego", text });
}
