/** Batches for a pool: who takes the next one, and whose memory it is. */
import { expect, test } from "vitest";
import type { BatchDigests } from "../../src/verity/batch-digests.ts";
import { type HashedBytes, PooledBatches } from "../../src/verity/pooled-batches.ts";

interface Job {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly finish: (hashed: HashedBytes) => void;
  readonly fail: (error: unknown) => void;
}

function pool(depth: number, own?: BatchDigests): { batches: PooledBatches; jobs: Job[] } {
  const jobs: Job[] = [];
  const hash = (bytes: Uint8Array, count: number): Promise<HashedBytes> =>
    new Promise((finish, fail) => jobs.push({ bytes, count, finish, fail }));
  return { batches: new PooledBatches({ batchSizeBytes: 8192, depth, hash, own }), jobs };
}

test("a caller without a share in the work waits while all hands are full", async () => {
  const { batches, jobs } = pool(1);
  const first = await batches.take();
  const digests = first.digest(2);
  const waiting = batches.take();
  expect(waiting).toBeInstanceOf(Promise);
  // To a thread and back: the memory is the same, seen from elsewhere.
  const back = structuredClone(first.bytes, { transfer: [first.bytes.buffer as ArrayBuffer] });
  back[8191] = 77;
  jobs[0]?.finish({ digests: Uint8Array.of(7), bytes: back.subarray(0, 4096) });
  expect(await digests).toEqual(Uint8Array.of(7));
  const second = await waiting;
  expect(second.bytes.buffer).toBe(back.buffer);
  expect(second.bytes.length).toBe(8192);
  expect(second.bytes[8191]).toBe(77);
  const failing = second.digest(1);
  jobs[1]?.fail(new Error("gone"));
  await expect(failing).rejects.toThrow("gone");
  expect(batches.take()).not.toBeInstanceOf(Promise);
  batches.close();
});

test("one with a share takes what the others cannot", async () => {
  let closed = 0;
  const own: BatchDigests = {
    take: () => ({ bytes: new Uint8Array(4096), digest: () => Uint8Array.of(1) }),
    close: () => {
      closed++;
    },
  };
  const { batches, jobs } = pool(1, own);
  const shared = await batches.take();
  expect(shared.bytes.length).toBe(8192);
  const digests = shared.digest(1);
  const mine = await batches.take();
  expect(mine.bytes.length).toBe(4096);
  expect(mine.digest(1)).toEqual(Uint8Array.of(1));
  jobs[0]?.finish({ digests: Uint8Array.of(2), bytes: shared.bytes });
  expect(await digests).toEqual(Uint8Array.of(2));
  batches.close();
  expect(closed).toBe(1);
});
