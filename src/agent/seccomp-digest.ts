/** What a policy knows a seccomp profile by. */
import { toHex } from "../bytes/hex.ts";
import { createStreamHasher } from "../crypto/index.ts";
import { FormatError } from "../errors.ts";

/**
 * SHA-256 of a profile's JSON in hex; empty for none.
 *
 * hcsshim hashes the JSON that Go makes of the profile as Go reads it. Here it is the JSON as it came, so that a
 * profile must be sent in Go's order of fields; one that is not is another to the policy, which refuses it.
 */
export async function seccompDigest(profile: unknown): Promise<string> {
  if (profile === undefined) return "";
  if (typeof profile !== "object" || profile === null || Array.isArray(profile)) {
    throw new FormatError("bad-field", "linux.seccomp is no object", { at: { field: "seccomp" } });
  }
  const hasher = await createStreamHasher("sha256");
  hasher.update(new TextEncoder().encode(JSON.stringify(profile)));
  return toHex(hasher.digest());
}
