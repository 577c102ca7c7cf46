/** Work over an image's layers, several at a time and each content once. */
import { withLayer } from "../layer/layer-error.ts";
import type { Digest } from "../oci/digest.ts";
import type { LayerBlob } from "../oci/image-source.ts";

/** The layers of which no other before has the same diff-id: equal tars make equal layers. */
export function distinctLayers(layers: readonly LayerBlob[]): LayerBlob[] {
  const seen = new Set<Digest>();
  return layers.filter(({ diffId }) => !seen.has(diffId) && seen.add(diffId));
}

/**
 * Does `work` for each distinct layer, `concurrency` at a time.
 *
 * @returns the results by diff-id.
 * @throws what the first failing layer threw, with its index in front, once all that were under way
 *   have ended: they are told by their signal.
 */
export async function forDistinctLayers<Result>(
  layers: readonly LayerBlob[],
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (layer: LayerBlob, signal: AbortSignal) => Promise<Result>,
): Promise<ReadonlyMap<Digest, Result>> {
  signal?.throwIfAborted();
  const failure = new AbortController();
  const onAbort = (): void => failure.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const waiting = distinctLayers(layers);
  const results = new Map<Digest, Result>();
  const takeTurns = async (): Promise<void> => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      failure.signal.throwIfAborted();
      try {
        results.set(layer.diffId, await work(layer, failure.signal));
      } catch (error) {
        // Whoever fails after the first fails because of it.
        failure.abort(withLayer(error, `${layer.index} (${layer.diffId})`));
        throw failure.signal.reason;
      }
    }
  };
  try {
    const turns = Array.from({ length: Math.max(1, concurrency) }, takeTurns);
    await Promise.allSettled(turns);
    failure.signal.throwIfAborted();
    return results;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
