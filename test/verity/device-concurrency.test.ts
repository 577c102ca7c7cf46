/** Many readers at once, over little memory, with aborts and a host that lies now and then. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeviceError, StorageError } from "../../src/errors.ts";
import type { CorruptionEvent } from "../../src/verity/corruption.ts";
import { expectTrue, hashMismatch, host, refusal } from "./hosted-volume.ts";
import { type Behaviour, gate } from "./hostile-device.ts";
import { makeVolume } from "./reference-volume.ts";

/** The same numbers every time for one seed. */
function dice(seed: number): (sides: number) => number {
  let state = seed >>> 0;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Settles after a while: at once, in a later turn, or after a timer. */
function sometime(roll: (sides: number) => number): Behaviour {
  return async ({ honest }) => {
    const turns = roll(4);
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    honest();
  };
}

describe("parallel reads", () => {
  test.each([
    { hashCacheBytes: 0, chunkBytes: 512 },
    { hashCacheBytes: 0, chunkBytes: 3000 },
    { hashCacheBytes: 4096, chunkBytes: 65_536 },
  ])("hundreds of random ones with %o agree with the data", async (options) => {
    const { volume, data, hash, open } = host();
    const device = await open(options);
    const roll = dice(7);
    data.behaviour = sometime(roll);
    hash.behaviour = sometime(roll);
    const reads: Promise<void>[] = [];
    for (let i = 0; i < 400; i++) {
      const offset = roll(volume.data.length);
      const length = roll(i % 10 === 0 ? 80_000 : 3000) + 1;
      reads.push(expectTrue(device, volume, offset, Math.min(length, volume.data.length - offset)));
    }
    expect((await Promise.allSettled(reads)).filter(({ status }) => status === "rejected")).toEqual([]);
    await device.close();
  });

  test("aborts in the middle harm nobody else", async () => {
    const { volume, data, hash, open } = host();
    const device = await open({ hashCacheBytes: 0, chunkBytes: 2048 });
    const roll = dice(11);
    data.behaviour = sometime(roll);
    hash.behaviour = sometime(roll);
    const reads: Promise<void>[] = [];
    let aborted = 0;
    for (let i = 0; i < 300; i++) {
      const offset = roll(volume.data.length - 40_000);
      const length = roll(40_000) + 1;
      if (i % 3 > 0) {
        reads.push(expectTrue(device, volume, offset, length));
        continue;
      }
      const abort = new AbortController();
      const into = new Uint8Array(length).fill(0xee);
      const read = device.read(offset, into, { signal: abort.signal }).then(
        () => expect(Buffer.compare(into, volume.data.subarray(offset, offset + length))).toBe(0),
        (error: unknown) => {
          aborted++;
          expect(error).toBe(abort.signal.reason);
          expect(into.every((byte) => byte === 0) || into.every((byte) => byte === 0xee)).toBe(true);
        },
      );
      reads.push(read);
      setTimeout(() => abort.abort(), roll(20));
    }
    expect((await Promise.allSettled(reads)).filter(({ status }) => status === "rejected")).toEqual([]);
    expect(aborted).toBeGreaterThan(10);
    await expectTrue(device, volume, 0, volume.data.length);
    await device.close();
  });

  test("readers of one leaf share its fetch, and those above it", async () => {
    const { volume, hash, open } = host();
    const device = await open();
    const before = hash.reads.length;
    const reads = Array.from({ length: 200 }, (_, i) => expectTrue(device, volume, (i % 16) * 512, 512));
    await Promise.all(reads);
    expect(hash.reads.length - before).toBe(2);
    await device.close();
  });

  test("a shared fetch that fails fails all who waited, with one event, and is tried anew", async () => {
    const { volume, hash, open } = host();
    const events: CorruptionEvent[] = [];
    const device = await open({ onCorruption: (event) => events.push(event) });
    const leaf = volume.levelOffsets[0] ?? 0;
    const answer = gate();
    let lying = true;
    hash.behaviour = async ({ offsetBytes, honest, into }) => {
      honest();
      if (offsetBytes !== leaf || !lying) return;
      await answer.passed;
      into.fill(9);
    };
    const reads = Array.from({ length: 10 }, () => refusal(device, 0, 512));
    await new Promise((resolve) => setImmediate(resolve));
    answer.open();
    for (const error of await Promise.all(reads)) expect(error).toMatchObject(hashMismatch);
    expect(events.length).toBe(1);
    lying = false;
    await expectTrue(device, volume, 0, 512);
    await device.close();
  });

  test("a reader that aborts leaves a shared fetch to the others", async () => {
    const { volume, hash, open } = host();
    const device = await open();
    const answer = gate();
    hash.behaviour = async ({ honest }) => {
      await answer.passed;
      honest();
    };
    const abort = new AbortController();
    const first = device.read(0, new Uint8Array(512), { signal: abort.signal });
    const second = expectTrue(device, volume, 512, 512);
    abort.abort();
    await expect(first).rejects.toBe(abort.signal.reason);
    answer.open();
    await second;
    await device.close();
  });

  test("the next chunk's I/O runs before this one has come; many long reads share four slots", async () => {
    for (const [readers, offsets] of [
      [1, [0, 4096]],
      [8, [0, 0, 0, 0]],
    ] as const) {
      const { volume, data, open } = host();
      const device = await open({ chunkBytes: 4096 });
      const answer = gate();
      data.behaviour = async ({ honest }) => {
        await answer.passed;
        honest();
      };
      const reads = Array.from({ length: readers }, () => expectTrue(device, volume, 0, volume.data.length));
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(data.reads).toEqual(offsets.map((offsetBytes) => ({ offsetBytes, lengthBytes: 4096 })));
      answer.open();
      await Promise.all(reads);
      await device.close();
    }
  });
});

describe("close", () => {
  test("waits for reads under way, refuses later ones, and may be called twice", async () => {
    const { volume, data, hash, open } = host();
    const device = await open();
    const answer = gate();
    data.behaviour = async ({ honest }) => {
      await answer.passed;
      honest();
    };
    const read = expectTrue(device, volume, 0, 512);
    let closed = false;
    const closing = device.close().then(() => {
      closed = true;
    });
    expect(await refusal(device, 0, 512)).toMatchObject({ name: "StateError", code: "closed" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(closed).toBe(false);
    answer.open();
    await read;
    await closing;
    await device.close();
    expect([data.closed, hash.closed]).toEqual([0, 0]);
  });

  test("closes the devices only where asked to, each once", async () => {
    const { data, hash, open } = host();
    const device = await open({ closeDevices: true });
    await device.close();
    await device.close();
    expect([data.closed, hash.closed]).toEqual([1, 1]);
    const refused = host();
    refused.hash.bytes.fill(0);
    await expect(refused.open({ closeDevices: true })).rejects.toBeInstanceOf(StorageError);
    expect([refused.data.closed, refused.hash.closed]).toEqual([0, 0]);
  });
});

/** One step of a hostile history. Positions are fractions, so that they shrink well. */
type Step =
  | { readonly kind: "read"; readonly at: number; readonly length: number; readonly abort: boolean }
  | { readonly kind: "flip"; readonly side: "data" | "hash"; readonly at: number; readonly bit: number }
  | { readonly kind: "fail"; readonly side: "data" | "hash"; readonly times: number };

const fraction = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const side = fc.constantFrom("data" as const, "hash" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      at: fraction,
      length: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 60_000 })),
      abort: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("flip" as const),
      side,
      at: fraction,
      bit: fc.integer({ min: 0, max: 7 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("fail" as const), side, times: fc.integer({ min: 1, max: 3 }) }),
  },
);

test("whatever the host does between and during reads: the true bytes or an error, and no byte of the host's", async () => {
  const volume = makeVolume(150);
  const steps = fc.array(step, { minLength: 1, maxLength: 25 });
  const cache = fc.constantFrom(0, 1500, 100_000);
  await fc.assert(
    fc.asyncProperty(
      steps,
      cache,
      fc.constantFrom(512, 4096, 1 << 20),
      async (history, hashCacheBytes, chunkBytes) => {
        const { data, hash, open } = host(volume);
        const device = await open({ hashCacheBytes, chunkBytes });
        const failing = { data: 0, hash: 0 };
        const flips = new Set<string>();
        data.behaviour = ({ honest }) => {
          if (failing.data-- > 0) throw new DeviceError("device-failed", "EIO");
          honest();
        };
        hash.behaviour = ({ honest }) => {
          if (failing.hash-- > 0) throw new DeviceError("device-failed", "EIO");
          honest();
        };
        const pending: Promise<void>[] = [];
        let disturbed = false;
        for (const action of history) {
          if (action.kind === "flip") {
            const { bytes } = action.side === "data" ? data : hash;
            const offset = Math.floor(action.at * bytes.length);
            bytes[offset] = (bytes[offset] ?? 0) ^ (1 << action.bit);
            const name = `${action.side} ${offset} ${action.bit}`;
            if (!flips.delete(name)) flips.add(name);
            disturbed = true;
          } else if (action.kind === "fail") {
            failing[action.side] = action.times;
            disturbed = true;
          } else {
            const offset = Math.floor(action.at * volume.data.length);
            const into = new Uint8Array(Math.min(action.length, volume.data.length - offset)).fill(0xee);
            const abort = new AbortController();
            const calm = !disturbed;
            const check = device.read(offset, into, action.abort ? { signal: abort.signal } : {}).then(
              () => expect(Buffer.compare(into, volume.data.subarray(offset, offset + into.length))).toBe(0),
              (error: unknown) => {
                expect(into.every((byte) => byte === 0) || into.every((byte) => byte === 0xee)).toBe(true);
                if (!action.abort || error !== abort.signal.reason) {
                  expect(error).toBeInstanceOf(StorageError);
                  expect(calm && !disturbed).toBe(false);
                }
              },
            );
            pending.push(check);
            if (action.abort) abort.abort();
            else if (action.length % 2 === 0) await check;
          }
        }
        await Promise.all(pending);
        if (flips.size === 0) {
          Object.assign(failing, { data: 0, hash: 0 });
          await expectTrue(device, volume, 0, volume.data.length);
        }
        await device.close();
      },
    ),
    { numRuns: 150, seed: 20_241_120 },
  );
});
