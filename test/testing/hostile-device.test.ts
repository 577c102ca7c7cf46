import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/index.ts";
import {
  drawAct,
  drawFault,
  faultCalls,
  forEachSeed,
  formatTrace,
  type HostFault,
  HostileDevice,
  type HostStep,
  passingFaults,
  SeededRandom,
} from "../../src/testing/index.ts";
import { expectBytes, markedBytes, patternBytes, untouched } from "../device/contract.ts";
import { describeWritableBlockDeviceContract } from "../device/writable-contract.ts";

describeWritableBlockDeviceContract("HostileDevice without a fault", async (content) => ({
  device: new HostileDevice(new MemoryDevice(content)),
}));

const block = 512;

/** A device of eight blocks, and the memory that it lies in. */
function made(...script: HostStep[]): { stored: Uint8Array; content: Uint8Array; host: HostileDevice } {
  const stored = patternBytes(8 * block);
  return { stored, content: stored.slice(), host: new HostileDevice(new MemoryDevice(stored), { script }) };
}

async function answer(host: HostileDevice, offsetBytes = 0): Promise<Uint8Array> {
  const into = markedBytes(block);
  await host.read(offsetBytes, into);
  return into;
}

/** Lets timers pass that were set before. */
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("what it does to reads", () => {
  test("flips a bit in one answer alone", async () => {
    const { host, content } = made({ fault: { kind: "flip-answer", byte: 7, bit: 3 } });
    const flipped = content.slice(0, block);
    flipped[7] = (flipped[7] as number) ^ 8;
    expectBytes(await answer(host), flipped);
    expectBytes(await answer(host), content.subarray(0, block));
  });

  test("answers from elsewhere", async () => {
    const { host, content } = made({ fault: { kind: "answer-from", offsetBytes: 2 * block } });
    expectBytes(await answer(host), content.subarray(2 * block, 3 * block));
  });

  test("answers with what was there before, where anything was", async () => {
    const { host, content } = made({ fault: { kind: "answer-older", versions: 1 }, times: 2 });
    expectBytes(await answer(host), content.subarray(0, block));
    await host.write(0, new Uint8Array(block));
    expectBytes(await answer(host), content.subarray(0, block));
    expect(host.trace.map(({ done }) => done)).toEqual([
      "honest",
      "honest",
      { kind: "answer-older", versions: 1 },
    ]);
  });

  test("comes short, and says so or does not", async () => {
    const { host, content } = made(
      { fault: { kind: "answer-short", lengthBytes: 100 } },
      { fault: { kind: "reject-short", lengthBytes: 50 }, at: 1 },
    );
    const into = await answer(host);
    expectBytes(into.subarray(0, 100), content.subarray(0, 100));
    expect(into.subarray(100).every((byte) => byte === untouched)).toBe(true);
    await expect(answer(host)).rejects.toMatchObject({ code: "short-read" });
  });

  test("writes beyond what it was given", async () => {
    const { host, content } = made({ fault: { kind: "answer-long" } });
    const whole = markedBytes(3 * block);
    await host.read(0, whole.subarray(block, 2 * block));
    expectBytes(whole.subarray(block, 2 * block), content.subarray(0, block));
    expect(whole[block - 1]).not.toBe(untouched);
    expect(whole[2 * block]).not.toBe(untouched);
  });

  test("takes the buffer away, and scribbles on it later", async () => {
    const { host, content } = made(
      { fault: { kind: "detach" } },
      { fault: { kind: "change-later" }, at: 1, call: "read" },
    );
    expect((await answer(host)).length).toBe(0);
    const into = await answer(host);
    expectBytes(into, content.subarray(0, block));
    await later();
    expect(into[0]).not.toBe(content[0]);
  });
});

describe("what it does to writes", () => {
  const written = new Uint8Array(block).fill(9);

  test.each<[HostFault, number[]]>([
    [{ kind: "drop" }, []],
    [{ kind: "misdirect", offsetBytes: 3 * block }, [3]],
    [{ kind: "duplicate", calls: 1 }, [1]],
    [{ kind: "late", calls: 1 }, []],
    [{ kind: "fail", when: "before" }, []],
    [{ kind: "fail", when: "after" }, [1]],
  ])("%o", async (fault, changed) => {
    const { host, content, stored } = made({ fault });
    await host.write(block, written).catch(() => undefined);
    for (const at of changed) content.set(written, at * block);
    expectBytes(stored, content);
    expect(host.trace).toEqual([{ asked: "write", offsetBytes: block, lengthBytes: block, done: fault }]);
  });

  test("tears: the first bytes are new, the rest is old", async () => {
    const { host, content, stored } = made({ fault: { kind: "tear", lengthBytes: 10 } });
    await host.write(block, written);
    content.fill(9, block, block + 10);
    expectBytes(stored, content);
  });

  test("lets a late write take effect over a newer one", async () => {
    const { host, content, stored } = made({ fault: { kind: "late", calls: 2 } });
    await host.write(0, written);
    await host.write(0, new Uint8Array(block));
    expect(stored[0]).toBe(0);
    await host.flush();
    content.set(written);
    expectBytes(stored, content);
    expect(formatTrace(host.trace)).toBe(
      "write 0+512: late calls=2\nwrite 0+512: honest\nflush: honest\nlate-write 0+512: honest",
    );
  });

  test("scribbles on the buffer or takes it away, later", async () => {
    const { host } = made({ fault: { kind: "change-later" } }, { fault: { kind: "detach-later" }, at: 1 });
    const [first, second] = [written.slice(), written.slice()];
    await host.write(0, first);
    await host.write(0, second);
    await later();
    expect(first[0]).not.toBe(9);
    expect(second.length).toBe(0);
  });
});

describe("what it does to any call", () => {
  test("fails the n-th, once or for ever, of one kind", async () => {
    const { host } = made({
      fault: { kind: "fail", when: "before" },
      call: "read",
      at: 1,
      times: Number.POSITIVE_INFINITY,
    });
    await answer(host);
    for (let i = 0; i < 3; i++) await expect(answer(host)).rejects.toMatchObject({ code: "device-failed" });
    await host.write(0, new Uint8Array(1));
    host.relent();
    await answer(host);
    expect(host.trace.length).toBe(6);
  });

  test("hangs until it is released, or for so many calls", async () => {
    const { host } = made({ fault: { kind: "hang" } }, { fault: { kind: "hang", calls: 1 }, at: 1 });
    const order: string[] = [];
    const first = answer(host).then(() => order.push("first"));
    const second = answer(host).then(() => order.push("second"));
    await later();
    expect(order).toEqual([]);
    await host.flush();
    await second;
    expect(host.waiting).toBe(1);
    await host.release();
    await first;
    expect(order).toEqual(["second", "first"]);
  });

  test("changes its size", async () => {
    const { host } = made({ fault: { kind: "resize", sizeBytes: block } });
    await answer(host);
    expect(host.sizeBytes).toBe(block);
    await expect(answer(host, block)).rejects.toMatchObject({ code: "out-of-bounds" });
  });

  test("lets go of what hangs when it is closed", async () => {
    const { host } = made({ fault: { kind: "hang" } });
    const reading = answer(host);
    await later();
    await host.close();
    expect((await reading).length).toBe(block);
  });
});

describe("what it does while nobody asks", () => {
  test("flips, swaps, zeros, goes back, and says whether there was anything to do", async () => {
    const { host, stored, content } = made();
    expect(await host.act({ kind: "rollback" })).toBe(false);
    expect(await host.act({ kind: "replay", offsetBytes: 0, lengthBytes: block, versions: 1 })).toBe(false);
    expect(await host.act({ kind: "swap", offsetBytes: 0, otherOffsetBytes: 0, lengthBytes: 1 })).toBe(false);
    expect(await host.act({ kind: "snapshot" })).toBe(true);
    await host.act({ kind: "flip", offsetBytes: 5, bit: 7 });
    expect(stored[5]).toBe((content[5] as number) ^ 0x80);
    await host.act({ kind: "replay", offsetBytes: 0, lengthBytes: block, versions: 1 });
    expectBytes(stored, content);
    await host.act({ kind: "swap", offsetBytes: 0, otherOffsetBytes: block, lengthBytes: block });
    expectBytes(stored.subarray(0, block), content.subarray(block, 2 * block));
    await host.act({ kind: "zero", offsetBytes: 2 * block, lengthBytes: block });
    expect(stored[2 * block]).toBe(0);
    await host.act({ kind: "rollback" });
    expectBytes(stored, content);
    expect(host.trace.map(({ done }) => (done === "honest" ? done : done.kind))).toEqual([
      "snapshot",
      "flip",
      "replay",
      "swap",
      "zero",
      "rollback",
    ]);
  });
});

describe("chance", () => {
  const shape = { sizeBytes: 8 * block, blockSizeBytes: block };

  async function randomTrace(seed: number): Promise<string> {
    const host = new HostileDevice(8 * block, { random: { seed, oneIn: 2 } });
    const random = new SeededRandom(seed);
    for (let i = 0; i < 200; i++) {
      const offset = random.below(7 * block);
      if (random.oneIn(2)) await host.write(offset, new Uint8Array(block).fill(i)).catch(() => undefined);
      else await host.read(offset, markedBytes(2 * block).subarray(block)).catch(() => undefined);
      if (random.oneIn(9)) await host.act(drawAct(random, shape));
    }
    await host.close();
    return formatTrace(host.trace);
  }

  test("I8: the same seed gives the same trace, another one another", async () => {
    const trace = await randomTrace(5);
    expect(await randomTrace(5)).toBe(trace);
    expect(await randomTrace(6)).not.toBe(trace);
    for (const kind of passingFaults) expect(trace).toContain(kind);
  });

  test("draws every kind of fault for the calls that it fits, and no other", () => {
    const random = new SeededRandom(1);
    const drawn = new Set<string>();
    for (const call of ["read", "write", "discard", "flush"] as const) {
      for (let i = 0; i < 400; i++) {
        const fault = drawFault(random, call, block, shape, Object.keys(faultCalls) as HostFault["kind"][]);
        expect(faultCalls[fault?.kind ?? "fail"]).toContain(call);
        drawn.add(fault?.kind ?? "none");
      }
    }
    expect([...drawn].sort()).toEqual(Object.keys(faultCalls).sort());
    expect(drawFault(random, "flush", 0, shape, ["tear"])).toBeUndefined();
  });

  test("a failing seed is in the message", async () => {
    const failing = forEachSeed([3, 77, 4], async (random) => {
      if (random.seed === 77) throw new Error("lost a byte");
    });
    await expect(failing).rejects.toThrow("with seed 77: lost a byte");
    expect(new HostileDevice(1, { random: { seed: 9, oneIn: 1 } }).seed).toBe(9);
  });
});
