/** The two forms in which a policy's text is kept: as it is, or in base64, as it is transported. */
import { decodeBase64, encodeBase64, isBase64 } from "./base64.ts";

/**
 * The text of a policy that a person has in either form. No Rego is base64: `package` is followed by a space.
 *
 * @param bytes a file's.
 * @returns the bytes that are measured.
 */
export function decodePolicy(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly encoded: boolean } {
  const text = new TextDecoder("latin1").decode(bytes).trim();
  const encoded = text !== "" && isBase64(text);
  return { bytes: encoded ? decodeBase64(text, "the policy") : bytes, encoded };
}

/** A policy's bytes as they are transported. */
export function encodePolicy(bytes: Uint8Array): string {
  return encodeBase64(bytes);
}
