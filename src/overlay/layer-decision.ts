/**
 * What a policy says of one container's layers, and holding layers against it.
 *
 * A policy lists a container's root hashes from the base up; a mount, as the kernel's
 * `lowerdir`, names its layers from the top down. Both are turned into one order here, so
 * that nobody else need think of it.
 */
import { toHex } from "../bytes/hex.ts";
import { PolicyError } from "../errors.ts";

/** A policy's decision: plain data, which whoever evaluates the policy makes. */
export interface LayerDecision {
  /** The container's id. */
  readonly container: string;
  /**
   * The lists of layers that the container may have, one for each container of the policy that
   * it may be: root hashes in hex digits, **the base first**. None: it may have no layers at all.
   */
  readonly layers: readonly (readonly string[])[];
}

/**
 * Makes sure that layers are those that the policy lists: as many, the same, in this order.
 *
 * @param rootHashes of the layers, **the top first**, as a mount names them. One that stands there
 *   twice must stand twice in the policy's list.
 * @throws {PolicyError} which names the container, the first layer that is another, counted from
 *   the base, its root hash, and the one that the policy has there. Of several lists it is the one
 *   that differs least; `reasons` has a line for each.
 */
export function checkLayers(decision: LayerDecision, rootHashes: readonly Uint8Array[]): void {
  const seen = rootHashes.map(toHex).reverse();
  const mismatches: LayerMismatch[] = [];
  for (const list of decision.layers) {
    const mismatch = compareLists(
      seen,
      list.map((hash) => hash.toLowerCase()),
    );
    if (mismatch === undefined) return;
    mismatches.push(mismatch);
  }
  throw refusal(decision.container, seen, mismatches);
}

/** How layers differ from one list of the policy's. Both are from the base up. */
interface LayerMismatch {
  /** The first layer that differs, 0 for the base. */
  readonly position: number;
  /** How many places differ. */
  readonly count: number;
  readonly expected: readonly string[];
}

function compareLists(seen: readonly string[], expected: readonly string[]): LayerMismatch | undefined {
  const places = Array.from({ length: Math.max(seen.length, expected.length) }, (_, place) => place);
  const different = places.filter((place) => seen[place] !== expected[place]);
  const [position] = different;
  return position === undefined ? undefined : { position, count: different.length, expected };
}

function refusal(
  container: string,
  seen: readonly string[],
  mismatches: readonly LayerMismatch[],
): PolicyError {
  const [nearest] = [...mismatches].sort((a, b) => a.count - b.count || b.position - a.position);
  if (nearest === undefined) {
    const reason = `the policy lists no layers for container ${container}`;
    return new PolicyError(`${reason}: it may not have any`, [reason]);
  }
  const reasons = [...new Set(mismatches.map((mismatch) => describe(seen, mismatch)))];
  const message = `the layers of container ${container} are not the policy's: ${describe(seen, nearest)}${hint(seen, nearest)}`;
  return new PolicyError(message, reasons, { at: { layer: String(nearest.position) } });
}

/** The first place that differs, in words; places are counted from 0, the base. */
function describe(seen: readonly string[], { position, expected }: LayerMismatch): string {
  const [has, wanted] = [seen[position], expected[position]];
  if (has === undefined) {
    return `layer ${position} is missing: the policy has ${wanted} there, and lists ${expected.length}`;
  }
  if (wanted === undefined) {
    return `layer ${position} has root hash ${has}, and the policy has none there: it lists ${expected.length}`;
  }
  return `layer ${position}, counted from the base, has root hash ${has}, and the policy has ${wanted} there`;
}

/** What is likely to have gone wrong. */
function hint(seen: readonly string[], { position, expected }: LayerMismatch): string {
  const same = (list: readonly string[]): boolean =>
    list.length === seen.length && list.every((hash, place) => hash === seen[place]);
  if (same([...expected].reverse())) {
    return ". The order is upside down: a policy lists the base first, a mount names the top first";
  }
  const place = expected.indexOf(seen[position] ?? "");
  if (place === -1) return "";
  if (seen.indexOf(seen[position] ?? "") < position && expected.lastIndexOf(seen[position] ?? "") === place) {
    return `. It is layer ${place} already, and the policy lists it once`;
  }
  return `. In the policy it is layer ${place}`;
}
