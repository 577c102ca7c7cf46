import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BlockDevice,
  type DataDigests,
  DeviceError,
  type DigestRequest,
  FileDevice,
  MemoryDevice,
  type PooledDigests,
  SliceDevice,
  singleThreadDigests,
  startThreadedDigests,
  type VerityParameters,
} from "sealstone/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HostileDevice } from "./hostile-device.ts";
import { SeededRandom } from "./seeded-random.ts";

const MiB = 2 ** 20;
const parameters: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new SeededRandom(1).bytes(32),
  dataBlockSize: 4096,
  hashBlockSize: 4096,
};

interface Collected {
  /** In hex: large arrays are slow to compare. */
  readonly digests: string;
  readonly unread: readonly number[];
}

/** All batches put together; they must come in order and without gaps. */
async function collect(source: DataDigests, request: DigestRequest): Promise<Collected> {
  const digests: Uint8Array[] = [];
  const unread: number[] = [];
  let next = 0;
  for await (const batch of source.digests(request)) {
    expect(batch.firstBlock).toBe(next);
    expect(batch.digests.length).toBe(32 * batch.count);
    next += batch.count;
    digests.push(batch.digests.slice());
    unread.push(...batch.unread.map(({ block }) => block));
  }
  expect(next).toBe(request.dataBlocks);
  return { digests: Buffer.concat(digests).toString("hex"), unread };
}

describe("digests by threads", () => {
  const bytes = new Uint8Array(24 * MiB + 5 * 4096);
  let folder: string;
  let file: FileDevice;
  let pool: PooledDigests;
  let expected: Collected;
  const request = (device: BlockDevice, more: Partial<DigestRequest> = {}): DigestRequest => ({
    device,
    parameters,
    dataBlocks: bytes.length / 4096,
    ...more,
  });

  beforeAll(async () => {
    const random = new SeededRandom(2);
    for (let i = 0; i < bytes.length; i += 512) bytes.set(random.bytes(4), i);
    folder = await mkdtemp(join(tmpdir(), "sealstone-"));
    await writeFile(join(folder, "data"), bytes);
    file = await FileDevice.open(join(folder, "data"));
    pool = startThreadedDigests(2);
    expected = await collect(singleThreadDigests, request(new MemoryDevice(bytes)));
  });

  afterAll(async () => {
    await pool.close();
    await file.close();
    await rm(folder, { recursive: true });
  });

  test("equal those of one thread, whatever the device", async () => {
    const shared = new MemoryDevice(bytes.length, { shared: true });
    await shared.write(0, bytes);
    const twice = new MemoryDevice(new Uint8Array(Buffer.concat([new Uint8Array(4096), bytes])));
    const devices: readonly BlockDevice[] = [
      file,
      shared,
      new MemoryDevice(bytes),
      new SliceDevice(file, 0, bytes.length),
      new SliceDevice(twice, 4096, bytes.length),
      new HostileDevice(bytes),
    ];
    for (const device of devices) expect(await collect(pool, request(device))).toEqual(expected);
  });

  test.each([false, true])(
    "every worker does its share (this thread among them: %s)",
    async (includeThisThread) => {
      await using threads = startThreadedDigests(3, { includeThisThread });
      expect(await collect(threads, request(file))).toEqual(expected);
      const total = threads.shares.reduce((sum, share) => sum + share, 0);
      expect(total).toBeGreaterThanOrEqual(3 * 4);
      for (const share of threads.shares) expect(share).toBeGreaterThanOrEqual(2);
    },
  );

  test.each([1, 255, 256, 257, 700])("of %s blocks, and of other parameters", async (dataBlocks) => {
    const salted = { ...parameters, salt: new Uint8Array(3), dataBlockSize: 8192, hashType: 0 as const };
    for (const chosen of [parameters, salted]) {
      const asked = request(file, { dataBlocks, parameters: chosen });
      expect(await collect(pool, asked)).toEqual(await collect(singleThreadDigests, asked));
    }
  });

  test("a block that cannot be read is named, and fails the stream where it must not be missing", async () => {
    const failing = (): HostileDevice =>
      new HostileDevice(bytes, ({ offsetBytes, into, honest }) => {
        const bad = 777 * 4096;
        if (offsetBytes <= bad && bad < offsetBytes + into.length)
          throw new DeviceError("device-failed", "EIO");
        honest();
      });
    const reported = await collect(pool, request(failing(), { onReadError: "report" }));
    expect(reported.unread).toEqual([777]);
    const kept = (digests: string) => [digests.slice(0, 777 * 64), digests.slice(778 * 64)];
    expect(kept(reported.digests)).toEqual(kept(expected.digests));
    await expect(collect(pool, request(failing()))).rejects.toMatchObject({ code: "device-failed" });
  });

  test("a file that was cut short after opening is reported by the worker that reads it", async () => {
    const path = join(folder, "cut");
    await writeFile(path, bytes);
    await using cut = await FileDevice.open(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 4096));
    const outcome = collect(pool, request(cut, { onReadError: "report" }));
    const last = bytes.length / 4096 - 1;
    const unread = await outcome.then(
      (collected) => collected.unread,
      (error: unknown) => error,
    );
    if (unread instanceof Error) expect(unread).toMatchObject({ name: "DeviceError" });
    else expect(unread).toEqual([last]);
  });

  test("an abort ends the stream with its reason, and the pool goes on", async () => {
    const abort = new AbortController();
    const stream = pool.digests(request(file, { signal: abort.signal }))[Symbol.asyncIterator]();
    await stream.next();
    abort.abort(new Error("enough"));
    await expect(stream.next()).rejects.toThrow("enough");
    expect(await collect(pool, request(file))).toEqual(expected);
  });

  test("leaving early lets the next request run", async () => {
    for await (const batch of pool.digests(request(file))) {
      expect(batch.firstBlock).toBe(0);
      break;
    }
    expect(await collect(pool, request(file))).toEqual(expected);
  });

  test("two requests at once keep apart", async () => {
    const other = request(file, { parameters: { ...parameters, salt: new Uint8Array(0) } });
    const both = await Promise.all([collect(pool, request(file)), collect(pool, other)]);
    expect(both).toEqual([expected, await collect(singleThreadDigests, other)]);
  });

  test("refuses a number of threads that cannot be, and work after closing", async () => {
    expect(() => startThreadedDigests(0)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    const closed = startThreadedDigests(1);
    await closed.close();
    await expect(collect(closed, request(file))).rejects.toMatchObject({ code: "closed" });
  });
});
