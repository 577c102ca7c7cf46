import { webWorkerPort } from "../crypto/web-worker.ts";
import { PooledDigests } from "./digest-pool.ts";

/**
 * Digests of data blocks by module workers of a browser.
 *
 * @param workers how many, 1 to 256; `navigator.hardwareConcurrency` is a good number.
 * @throws {UsageError} `invalid-argument` for another number.
 */
export function startWebDigests(workers: number): PooledDigests {
  return new PooledDigests(workers, () =>
    webWorkerPort(new Worker(new URL("./digest-worker-web.js", import.meta.url), { type: "module" })),
  );
}
