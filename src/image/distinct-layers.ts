/** Work over an image's layers, several at a time and each content once. */
import { worthThreadsBytes } from "../crypto/worth-threads.ts";
import { withLayer } from "../layer/layer-error.ts";
import type { Digest } from "../oci/digest.ts";
import type { LayerBlob } from "../oci/image-source.ts";

/** The layers of which no other before has the same diff-id: equal tars make equal layers. */
export function distinctLayers(layers: readonly LayerBlob[]): LayerBlob[] {
  const seen = new Set<Digest>();
  return layers.filter(({ diffId }) => !seen.has(diffId) && seen.add(diffId));
}

/** What the work on one layer is given. */
export interface LayerTurn {
  /** Aborted where the whole was, or another layer failed. */
  readonly signal: AbortSignal;
  /** Threads that would be idle otherwise: see {@link moreThreadsFor}. */
  readonly moreThreads: number;
}

/**
 * How many threads besides its own are to hash a layer's blocks, where so many work: a layer of
 * more than a thread's fair share of all bytes goes on while threads have nothing left to do.
 * All layers together get fewer than `threads`. The media type is believed: it decides on nothing else.
 */
export function moreThreadsFor(layer: LayerBlob, layers: readonly LayerBlob[], threads: number): number {
  if (layer.sizeBytes < worthThreadsBytes) return 0;
  const totalBytes = distinctLayers(layers).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const fairShares = Math.ceil((layer.sizeBytes / totalBytes) * threads);
  // Besides the layer's own: Node unpacks gzip on a thread aside.
  const taken = layer.mediaType.endsWith("gzip") ? 2 : 1;
  return Math.max(0, fairShares - taken);
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
  work: (layer: LayerBlob, request: LayerTurn) => Promise<Result>,
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
        results.set(
          layer.diffId,
          await work(layer, {
            signal: failure.signal,
            moreThreads: moreThreadsFor(layer, layers, concurrency),
          }),
        );
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
