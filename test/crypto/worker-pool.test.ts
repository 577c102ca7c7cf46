import { afterEach, describe, expect, test } from "vitest";
import { type JobMessage, WorkerPool, type WorkerPort } from "../../src/crypto/worker-pool.ts";
import { spawnWorkerThread } from "../../src/crypto/worker-thread.node.ts";
import { FormatError, InvariantError, StateError, UsageError } from "../../src/errors.ts";

const script = new URL("./fixtures/arithmetic-worker.js", import.meta.url);

/** A port that does nothing until the test answers for it. */
class ManualPort implements WorkerPort {
  readonly posted: JobMessage<string>[] = [];
  terminated = false;
  answer: (message: unknown) => void = () => {};
  die: (reason: unknown) => void = () => {};

  post(message: unknown): void {
    this.posted.push(message as JobMessage<string>);
  }

  listen(onMessage: (message: unknown) => void, onFailure: (reason: unknown) => void): void {
    this.answer = onMessage;
    this.die = onFailure;
  }

  async terminate(): Promise<void> {
    this.terminated = true;
  }
}

function manualPool(workers: number): { pool: WorkerPool<string, string>; ports: ManualPort[] } {
  const ports: ManualPort[] = [];
  const pool = new WorkerPool<string, string>(workers, () => {
    const port = new ManualPort();
    ports.push(port);
    return port;
  });
  return { pool, ports };
}

describe("the scheduling", () => {
  test("gives each worker one job before any gets a second, and never a third", async () => {
    const { pool, ports } = manualPool(2);
    const results = ["a", "b", "c", "d", "e"].map((job) => pool.run(job));
    expect(ports.map((port) => port.posted.map(({ job }) => job))).toEqual([
      ["a", "c"],
      ["b", "d"],
    ]);
    ports[1]?.answer({ id: 1, result: "B" });
    expect(ports[1]?.posted.map(({ job }) => job)).toEqual(["b", "d", "e"]);
    for (const [port, id] of [
      [0, 0],
      [0, 2],
      [1, 3],
      [1, 4],
    ] as const) {
      ports[port]?.answer({ id, result: `r${id}` });
    }
    expect(await Promise.all(results)).toEqual(["r0", "B", "r2", "r3", "r4"]);
    expect(pool.shares).toEqual([2, 3]);
  });

  test("gives a worker as many as a job allows, in the order they came", async () => {
    const { pool, ports } = manualPool(1);
    const many = ["a", "b", "c", "d"].map((job) => pool.run(job, { mostUnderWay: 3 }));
    const few = pool.run("e");
    expect(ports[0]?.posted.map(({ job }) => job)).toEqual(["a", "b", "c"]);
    ports[0]?.answer({ id: 0, result: "A" });
    ports[0]?.answer({ id: 1, result: "B" });
    expect(ports[0]?.posted.map(({ job }) => job)).toEqual(["a", "b", "c", "d"]);
    for (const id of [2, 3, 4]) ports[0]?.answer({ id, result: `r${id}` });
    expect(await Promise.all([...many, few])).toEqual(["A", "B", "r2", "r3", "r4"]);
  });

  test("an aborted job that waits is never sent; one under way rejects when the worker is done", async () => {
    const { pool, ports } = manualPool(1);
    const abort = new AbortController();
    const underWay = pool.run("a", { signal: abort.signal });
    const second = pool.run("b");
    const waiting = pool.run("c", { signal: abort.signal });
    const refusals = Promise.all([underWay, waiting].map((job) => expect(job).rejects.toThrow("enough")));
    abort.abort(new Error("enough"));
    let settled = false;
    underWay.catch(() => {
      settled = true;
    });
    await Promise.resolve();
    expect(settled).toBe(false);
    ports[0]?.answer({ id: 0, result: "late" });
    ports[0]?.answer({ id: 1, result: "b" });
    await refusals;
    expect(await second).toBe("b");
    expect(ports[0]?.posted.map(({ job }) => job)).toEqual(["a", "b"]);
    await expect(pool.run("d", { signal: abort.signal })).rejects.toThrow("enough");
  });

  test("a dead thread rejects everything, with the cause", async () => {
    const { pool, ports } = manualPool(2);
    const lost = ["a", "b", "c", "d", "e"].map((job) => pool.run(job));
    const refusals = Promise.all(lost.map((job) => expect(job).rejects.toMatchObject({ code: "poisoned" })));
    ports[1]?.die(new Error("killed"));
    await refusals;
    await expect(pool.run("f")).rejects.toBeInstanceOf(StateError);
  });

  test("closing rejects what is under way, ends the threads, and may be done twice", async () => {
    const { pool, ports } = manualPool(2);
    const refusal = expect(pool.run("a")).rejects.toMatchObject({ code: "closed" });
    await pool.close();
    await pool.close();
    await refusal;
    expect(ports.every((port) => port.terminated)).toBe(true);
    await expect(pool.run("b")).rejects.toMatchObject({ code: "closed" });
  });

  test.each([0, -1, 1.5, 257, Number.NaN])("refuses %s workers", (workers) => {
    expect(() => manualPool(workers)).toThrow(UsageError);
  });
});

describe("threads", () => {
  let pool: WorkerPool<unknown, unknown> | undefined;
  const start = (workers: number): WorkerPool<unknown, unknown> => {
    pool = new WorkerPool(workers, () => spawnWorkerThread(script));
    return pool;
  };
  afterEach(() => pool?.close());

  test("give results in the order of the calls, and every one does its share", async () => {
    const threads = start(3);
    const jobs = Array.from({ length: 300 }, (_, value) => threads.run({ kind: "double", value }));
    expect(await Promise.all(jobs)).toEqual(Array.from({ length: 300 }, (_, value) => value * 2));
    expect(threads.shares.reduce((sum, share) => sum + share)).toBe(300);
    for (const share of threads.shares) expect(share).toBeGreaterThanOrEqual(2);
  });

  test("move buffers there and back", async () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const answer = start(1).run({ kind: "sum", bytes }, { transfer: [bytes.buffer] });
    expect(bytes.length).toBe(0);
    expect(await answer).toEqual({ total: 6, bytes: Uint8Array.of(1, 2, 3) });
  });

  test("hand errors on with their class, and go on afterwards", async () => {
    const threads = start(1);
    const refusal = threads.run({ kind: "refuse" });
    await expect(refusal).rejects.toBeInstanceOf(FormatError);
    await expect(refusal).rejects.toMatchObject({ code: "bad-field", at: { field: "salt" } });
    await expect(threads.run({ kind: "fail" })).rejects.toBeInstanceOf(InvariantError);
    expect(await threads.run({ kind: "double", value: 4 })).toBe(8);
  });

  test("that die poison the pool", async () => {
    const threads = start(2);
    await expect(threads.run({ kind: "die" })).rejects.toMatchObject({ code: "poisoned" });
  });
});
