/** Setting the policy, and adding to it. */
import { toHex } from "../bytes/hex.ts";
import { untilAborted } from "../device/abortable.ts";
import { decodeBase64 } from "../policy/base64.ts";
import { GuestRequests, openMeasuredPolicy } from "../policy/index.ts";
import type { Turn } from "./guest.ts";
import { refused } from "./guest-path.ts";
import type { PolicyCommand } from "./host-command.ts";

/**
 * Sets the policy, once. Its text is the host's, and is the one that was measured.
 *
 * @throws {PolicyError} where there is one already, or another enforcer is asked for.
 * @throws {AttestationError} for another policy than the one in the evidence.
 * @throws {FormatError} for a text that is no policy.
 */
export async function setPolicy(
  turn: Turn,
  { enforcer, encoded, referenceInfo }: PolicyCommand,
): Promise<void> {
  const { guest } = turn;
  if (guest.policy !== undefined)
    throw refused("security policy has already been set", "EncodedSecurityPolicy");
  if (enforcer !== "rego") {
    throw refused(
      "EnforcerType is not rego: which enforcer it is is not measured, and the others allow all",
      "EnforcerType",
    );
  }
  const policy = await openMeasuredPolicy(encoded, guest.hostData);
  turn.signal.throwIfAborted();
  const made = policy.enforcer({
    onQuery: ({ point, result }) =>
      guest.tell({ kind: "decision", point, allowed: result?.["allowed"] === true }),
  });
  const digest = toHex(policy.digest);
  const requests = new GuestRequests(made);
  guest.policy = { encoded, referenceInfo, policy, digest, enforcer: made, requests };
  turn.tell({ kind: "policy-set", digest });
}

/**
 * Adds a fragment to the policy, whose signature the embedder checks.
 *
 * @throws {PolicyError} where nobody checks signatures, or the policy does not take it.
 */
export async function loadFragment(turn: Turn, encoded: string, mediaType: string): Promise<void> {
  const { requests } = turn.policy;
  const { fragmentVerifier } = turn.guest.options;
  if (fragmentVerifier === undefined) {
    throw refused("no fragment is taken: nobody is here to check its signature", "Fragment");
  }
  const { signal } = turn;
  const verified = fragmentVerifier.verify(decodeBase64(encoded, "the fragment"), mediaType, { signal });
  const fragment = await untilAborted(verified, signal);
  requests.loadFragment(fragment);
  turn.tell({ kind: "fragment-loaded", issuer: fragment.issuer, feed: fragment.feed });
}
