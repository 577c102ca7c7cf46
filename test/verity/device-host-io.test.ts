/** I/O that fails, hangs, comes out of order, and devices that are not the size they were. */
import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, UsageError } from "../../src/errors.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import { expectTrue, host, refusal } from "./hosted-volume.ts";
import { type Behaviour, gate, HostileDevice } from "./hostile-device.ts";
import { makeVolume } from "./reference-volume.ts";

const eio = () => new DeviceError("device-failed", "EIO");
const deviceFailed = { name: "DeviceError", code: "device-failed" };

describe("H10: I/O errors", () => {
  test("on the n-th read of either device, once: that read fails, the next one is true", async () => {
    for (let n = 0; n < 12; n++) {
      for (const side of ["data", "hash"] as const) {
        const hosted = host();
        hosted[side].behaviour = ({ index, honest }) => {
          if (index === n) throw eio();
          honest();
        };
        const opened = await hosted.open().catch((error: unknown) => error);
        if (!(opened instanceof VerityDevice)) {
          expect(opened).toMatchObject(deviceFailed);
          continue;
        }
        let failed = 0;
        for (let block = 0; block < 300; block += 20) {
          try {
            await expectTrue(opened, hosted.volume, block * 512, 512);
          } catch (error) {
            expect(error).toMatchObject(deviceFailed);
            failed++;
            await expectTrue(opened, hosted.volume, block * 512, 512);
          }
        }
        expect(failed).toBe(1);
        expect(opened.status).toBe("V");
        await opened.close();
      }
    }
  });

  test("for ever: every read fails, none hangs, and slots do not run out", async () => {
    const { data, open } = host();
    const device = await open();
    data.behaviour = () => Promise.reject(eio());
    for (let i = 0; i < 100; i++) expect(await refusal(device, 0, 512)).toMatchObject(deviceFailed);
    const long = makeVolume(300).data.length;
    for (let i = 0; i < 20; i++) expect(await refusal(device, 0, long)).toMatchObject(deviceFailed);
    await device.close();
  });

  test("of the chunk after the one that is waited for: the read fails with it, and nothing fails unheard", async () => {
    const { volume, data, open } = host();
    const device = await open({ chunkBytes: 4096 });
    await expectTrue(device, volume, 0, volume.data.length);
    const unheard: unknown[] = [];
    const listen = (reason: unknown) => unheard.push(reason);
    process.on("unhandledRejection", listen);
    data.behaviour = async ({ offsetBytes, honest }) => {
      if (offsetBytes > 0) throw eio();
      await new Promise((resolve) => setTimeout(resolve, 10));
      honest();
    };
    expect(await refusal(device, 0, volume.data.length)).toMatchObject(deviceFailed);
    process.off("unhandledRejection", listen);
    expect(unheard).toEqual([]);
    await device.close();
  });

  test.each([
    ["an Error of its own", () => new Error("boom")],
    ["nothing at all", () => undefined],
    ["a UsageError", () => new UsageError("invalid-argument", "what?")],
  ])("what a foreign device rejects with, %s, is the device's failure", async (_, make) => {
    const { data, hash, open } = host();
    const device = await open();
    data.behaviour = () => Promise.reject(make());
    expect(await refusal(device, 0, 512)).toMatchObject(deviceFailed);
    hash.behaviour = () => Promise.reject(make());
    expect(await refusal(device, 0, 512)).toMatchObject(deviceFailed);
    await expect(open()).rejects.toMatchObject(deviceFailed);
    await device.close();
  });
});

describe("H11: I/O that never completes", () => {
  const hang: Behaviour = () => new Promise(() => {});

  test("an abort frees the caller at once, and the slot only when the I/O has settled", async () => {
    const { volume, data, open } = host();
    const device = await open();
    const late = gate();
    data.behaviour = async ({ honest }) => {
      await late.passed;
      honest();
    };
    const aborts = Array.from({ length: 100 }, () => new AbortController());
    const stuck = aborts.map(({ signal }) => device.read(0, new Uint8Array(512), { signal }));
    const settled = Promise.allSettled(stuck);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const fetching = data.reads.length;
    expect(fetching).toBeLessThanOrEqual(16);
    for (const abort of aborts) abort.abort(new Error("enough"));
    for (const outcome of await settled) expect(outcome).toMatchObject({ reason: { message: "enough" } });
    const next = expectTrue(device, volume, 0, 512);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(data.reads.length).toBe(fetching);
    data.behaviour = ({ honest }) => honest();
    late.open();
    await next;
    await device.close();
  });

  test("close does not wait for I/O that nobody waits for any more", async () => {
    const { data, hash, open } = host();
    const device = await open();
    data.behaviour = hang;
    hash.behaviour = hang;
    const abort = new AbortController();
    const read = device.read(0, new Uint8Array(512), { signal: abort.signal });
    abort.abort();
    await expect(read).rejects.toBe(abort.signal.reason);
    await device.close();
  });

  test("opening can be aborted while the superblock or the root hangs", async () => {
    for (const nth of [0, 1]) {
      const { hash, open } = host();
      const abort = new AbortController();
      hash.behaviour = ({ index, honest }) => {
        if (index !== nth) return honest();
        abort.abort(new Error("enough"));
        return new Promise(() => {});
      };
      await expect(open({ signal: abort.signal })).rejects.toThrow("enough");
      expect(hash.reads.length).toBe(nth + 1);
    }
  });
});

describe("H12: completions in another order", () => {
  test("each of many reads gets its own blocks", async () => {
    const { volume, data, hash, open } = host();
    const device = await open({ chunkBytes: 2048 });
    const waiting: (() => void)[] = [];
    const hold: Behaviour = ({ honest }) =>
      new Promise((resolve) => {
        waiting.push(() => {
          honest();
          resolve();
        });
      });
    data.behaviour = hold;
    hash.behaviour = hold;
    const reads: Promise<void>[] = [];
    for (let i = 0; i < 60; i++)
      reads.push(expectTrue(device, volume, ((i * 37) % 280) * 512 + (i % 512), 1 + i * 40));
    reads.push(expectTrue(device, volume, 0, volume.data.length));
    let settled = false;
    const all = Promise.all(reads).finally(() => {
      settled = true;
    });
    while (!settled) {
      await new Promise((resolve) => setImmediate(resolve));
      waiting.pop()?.();
    }
    await all;
    await device.close();
  });
});

describe("H20: devices of another size", () => {
  test.each([
    ["data", 299 * 512],
    ["data", 300 * 512 - 1],
    ["data", 0],
    ["hash", 512 * 22],
    ["hash", 512 * 23 - 1],
  ] as const)("a %s device of %i bytes at open does not fit", async (side, sizeBytes) => {
    const hosted = host();
    hosted[side].sizeBytes = sizeBytes;
    await expect(hosted.open()).rejects.toMatchObject({ name: "FormatError", code: "does-not-fit" });
  });

  test("a hash device without room for a superblock is refused", async () => {
    const { hash, open } = host();
    hash.sizeBytes = 511;
    await expect(open()).rejects.toMatchObject({ name: "FormatError", code: "truncated" });
  });

  test("larger devices are fine, and bytes beyond the data are out of bounds", async () => {
    const volume = makeVolume(300);
    const data = new MemoryDevice(Uint8Array.from(Buffer.concat([volume.data, new Uint8Array(777)])));
    const hash = new MemoryDevice(Uint8Array.from(Buffer.concat([volume.hash, new Uint8Array(777)])));
    const device = await VerityDevice.open({ data, hash, identity: volume.identity });
    expect(device.sizeBytes).toBe(volume.data.length);
    await expectTrue(device, volume, 0, volume.data.length);
    expect(await refusal(device, volume.data.length, 1)).toMatchObject({ code: "out-of-bounds" });
    await device.close();
  });

  test("a device that shrinks after open is the device's failure, not the caller's", async () => {
    const volume = makeVolume(300);
    const shrinking = new HostileDevice(volume.data.slice());
    shrinking.behaviour = ({ offsetBytes, honest }) => {
      if (offsetBytes >= 100 * 512) throw new UsageError("out-of-bounds", "not inside the device");
      honest();
    };
    const hash = new MemoryDevice(volume.hash);
    const device = await VerityDevice.open({ data: shrinking, hash, identity: volume.identity });
    shrinking.sizeBytes = 100 * 512;
    await expectTrue(device, volume, 0, 100 * 512);
    expect(await refusal(device, 100 * 512, 512)).toMatchObject({
      name: "DeviceError",
      code: "size-changed",
    });
    shrinking.sizeBytes = 2 ** 50;
    expect(device.sizeBytes).toBe(volume.data.length);
    await device.close();
  });
});

describe("H24: the right root hash for another geometry", () => {
  /** The leaves of a volume of 40 blocks, offered as 3 data blocks: same root block, same root hash. */
  function confused(): {
    volume: ReturnType<typeof makeVolume>;
    leavesAsData: Uint8Array;
    upper: Uint8Array;
  } {
    const volume = makeVolume(40);
    const leaves = volume.levelOffsets[0] ?? 0;
    const root = volume.levelOffsets[1] ?? 0;
    const upper = Buffer.concat([
      makeVolume(3).hash.subarray(0, 512),
      volume.hash.subarray(root, root + 512),
    ]);
    return { volume, leavesAsData: volume.hash.slice(leaves), upper: Uint8Array.from(upper) };
  }

  test("the confusion is real: with an identity of 3 blocks it verifies", async () => {
    const { volume, leavesAsData, upper } = confused();
    const device = await VerityDevice.open({
      data: new MemoryDevice(leavesAsData),
      hash: new MemoryDevice(upper),
      identity: { ...volume.identity, dataBlocks: 3 },
    });
    const into = new Uint8Array(3 * 512);
    await device.read(0, into);
    expect(into).toEqual(leavesAsData);
    await device.close();
  });

  test("under the full identity it is refused, with a superblock and without", async () => {
    const { volume, leavesAsData, upper } = confused();
    const opening = {
      data: new MemoryDevice(leavesAsData),
      hash: new MemoryDevice(upper),
      identity: volume.identity,
    };
    await expect(VerityDevice.open(opening)).rejects.toMatchObject({
      code: "identity-mismatch",
      at: { field: "dataBlocks" },
    });
    const placement = { hashOffsetBytes: 512, superblock: false };
    await expect(VerityDevice.open({ ...opening, placement })).rejects.toMatchObject({
      code: "does-not-fit",
    });
  });

  test.each([
    ["salt", { salt: new Uint8Array(32) }],
    ["hashType", { hashType: 0 }],
    ["algorithm", { algorithm: "blake2s-256" }],
    ["rootHash", { rootHash: new Uint8Array(32) }],
  ] as const)("another %s than the volume's is refused at open", async (_, other) => {
    const { volume, open } = host();
    const identity = { ...volume.identity, ...other };
    const placement = { hashOffsetBytes: 512, superblock: false };
    await expect(open({ identity, placement })).rejects.toMatchObject({ name: "IntegrityError" });
  });

  test.each([17, 256, 4096])(
    "%i data blocks under the same root hash: the true data is refused",
    async (dataBlocks) => {
      const { volume, data, hash, open } = host();
      data.sizeBytes = 2 ** 30;
      hash.sizeBytes = 2 ** 30;
      const placement = { hashOffsetBytes: 512, superblock: false };
      const opened = await open({ identity: { ...volume.identity, dataBlocks }, placement }).catch(
        (e: unknown) => e,
      );
      if (!(opened instanceof VerityDevice)) {
        expect(opened).toMatchObject({ name: "IntegrityError" });
        return;
      }
      for (let block = 0; block < Math.min(dataBlocks, 300); block++) {
        expect(await refusal(opened, block * 512, 512)).toMatchObject({ name: "IntegrityError" });
      }
      await opened.close();
    },
  );
});

describe("H26: claims that would exhaust memory", () => {
  test.each([2 ** 30, 2 ** 43])(
    "%i data blocks do not fit, and nothing is read for them",
    async (dataBlocks) => {
      const { volume, data, hash, open } = host();
      const placement = { hashOffsetBytes: 512, superblock: false };
      await expect(open({ identity: { ...volume.identity, dataBlocks }, placement })).rejects.toMatchObject({
        name: "FormatError",
        code: "does-not-fit",
      });
      expect(data.reads.length + hash.reads.length).toBe(0);
    },
  );

  test("a device that only says it is huge costs no more than its slots", async () => {
    const { volume, data, hash, open } = host();
    data.sizeBytes = 2 ** 52;
    hash.sizeBytes = 2 ** 52;
    const placement = { hashOffsetBytes: 512, superblock: false };
    const before = process.memoryUsage().arrayBuffers;
    const device = await open({ identity: { ...volume.identity, dataBlocks: 2 ** 40 }, placement });
    expect(device.sizeBytes).toBe(2 ** 49);
    expect(await refusal(device, 2 ** 49 - 512, 512)).toMatchObject({ name: "IntegrityError" });
    await device.close();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });
});
