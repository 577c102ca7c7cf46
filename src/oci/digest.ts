/**
 * Digests as OCI writes them, `algorithm:hex`.
 * Source: OCI image-spec 1.1, descriptor.md, "Digests".
 */
import { toHex } from "../bytes/hex.ts";
import type { StreamAlgorithm } from "../crypto/stream-hasher.ts";
import { FormatError } from "../errors.ts";
import { quoted } from "./quoted-text.ts";

/** `sha256:` and 64 lower-case hex digits, or `sha512:` and 128. Checked to be that, so it may stand in a path. */
export type Digest = `${StreamAlgorithm}:${string}`;

/** True where `text` is a digest of a registered algorithm, exactly as the spec writes it. */
export function isDigest(text: string): text is Digest {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

/**
 * A digest that a document, a server or a caller named.
 *
 * @param what names the value in the error, for example `"layers[2].digest of the manifest"`.
 * @throws {FormatError} `bad-field` for anything but `sha256:` or `sha512:` and its hex digits.
 */
export function parseDigest(text: string, what: string): Digest {
  if (isDigest(text)) return text;
  throw new FormatError(
    "bad-field",
    `${what} is ${quoted(text)}, which is no digest: sha256 or sha512, a colon and lower-case hex digits`,
    { at: { field: what } },
  );
}

/** The algorithm and the hex digits of a digest. */
export function digestParts(digest: Digest): { readonly algorithm: StreamAlgorithm; readonly hex: string } {
  const colon = digest.indexOf(":");
  return { algorithm: digest.slice(0, colon) as StreamAlgorithm, hex: digest.slice(colon + 1) };
}

/** The text form of the bytes of a digest. */
export function formatDigest(algorithm: StreamAlgorithm, bytes: Uint8Array): Digest {
  return `${algorithm}:${toHex(bytes)}`;
}
