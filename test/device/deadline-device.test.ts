import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readsDirectly } from "../../src/device/direct.ts";
import {
  DeadlineDevice,
  type IoOptions,
  MemoryDevice,
  type WritableBlockDevice,
  WritableDeadlineDevice,
} from "../../src/device/index.ts";
import {
  describeBlockDeviceContract,
  expectBytes,
  expectNothingLeaked,
  markedBytes,
  patternBytes,
} from "./contract.ts";
import { describeWritableBlockDeviceContract } from "./writable-contract.ts";

describeBlockDeviceContract("DeadlineDevice", async (content) => ({
  device: new DeadlineDevice(new MemoryDevice(content)),
  spoil: () => void content.fill(0xff),
}));

describeBlockDeviceContract(
  "DeadlineDevice on a device that keeps and spoils its buffers",
  async (content) => {
    const memory = new MemoryDevice(content);
    const given: Uint8Array[] = [];
    const read = memory.read;
    memory.read = async (offsetBytes, into) => {
      given.push(into);
      await new Promise((resolve) => setTimeout(resolve, 1));
      await read.call(memory, offsetBytes, into);
    };
    return {
      device: new DeadlineDevice(memory),
      spoil: () => {
        for (const buffer of given) buffer.fill(0xff);
      },
      ioCount: () => given.length,
    };
  },
);

describeWritableBlockDeviceContract("WritableDeadlineDevice", async (content) => ({
  device: new WritableDeadlineDevice(new MemoryDevice(content)),
}));

/** A call that came to a hanging device; it ends by the test's hand. */
interface HangingCall {
  readonly memory: Uint8Array | undefined;
  readonly signal: AbortSignal | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

class HangingDevice implements WritableBlockDevice {
  readonly name = "tape";
  readonly sizeBytes = 2 ** 40;
  readonly calls: HangingCall[] = [];
  closed = 0;
  closing: Promise<void> = Promise.resolve();

  #hang(memory: Uint8Array | undefined, options: IoOptions | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({ memory, signal: options?.signal, resolve, reject });
    });
  }
  read(_offsetBytes: number, into: Uint8Array, options?: IoOptions): Promise<void> {
    return this.#hang(into, options);
  }
  write(_offsetBytes: number, from: Uint8Array, options?: IoOptions): Promise<void> {
    return this.#hang(from, options);
  }
  discard(_offsetBytes: number, _lengthBytes: number, options?: IoOptions): Promise<void> {
    return this.#hang(undefined, options);
  }
  flush(options?: IoOptions): Promise<void> {
    return this.#hang(undefined, options);
  }
  close(): Promise<void> {
    this.closed += 1;
    return this.closing;
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function callOf(hanging: HangingDevice, index = 0): HangingCall {
  const call = hanging.calls[index];
  if (call === undefined) throw new Error(`the device got no call ${index}`);
  return call;
}

const timeout = { name: "DeviceError", code: "device-timeout", at: { device: "tape" } };

describe("DeadlineDevice on a device that hangs", () => {
  let hanging: HangingDevice;
  let device: WritableDeadlineDevice;
  beforeEach(() => {
    vi.useFakeTimers();
    hanging = new HangingDevice();
    device = new WritableDeadlineDevice(hanging);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each(["read", "write", "discard", "flush"] as const)("ends a %s after 30 seconds", async (what) => {
    const into = markedBytes(100);
    const calls = {
      read: () => device.read(0, into),
      write: () => device.write(0, into),
      discard: () => device.discard(0, 100),
      flush: () => device.flush(),
    };
    const settled = vi.fn();
    const call = calls[what]();
    call.catch(settled);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(settled).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toHaveBeenCalledOnce();
    await expect(call).rejects.toMatchObject(timeout);
    expectNothingLeaked(into);
    expect(callOf(hanging).signal?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not moved by what comes late", async () => {
    const into = markedBytes(100);
    const refused = expect(device.read(0, into)).rejects.toMatchObject(timeout);
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    callOf(hanging).memory?.fill(0xff);
    callOf(hanging).resolve();
    await vi.advanceTimersByTimeAsync(1);
    expectBytes(into, markedBytes(100));
  });

  test("is not moved by a failure that comes late", async () => {
    const into = markedBytes(100);
    const refused = expect(device.read(0, into)).rejects.toMatchObject(timeout);
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
    // Were it nobody's rejection, vitest would fail the run.
    callOf(hanging).reject(new Error("late"));
    await vi.advanceTimersByTimeAsync(1);
    expectBytes(into, markedBytes(100));
  });

  test("gives the device below neither the caller's buffer to read into nor to write from", async () => {
    const memory = new Uint8Array(64);
    const inner = memory.subarray(8, 16).fill(3);
    const write = device.write(0, inner);
    const read = device.read(0, inner);
    inner.fill(4);
    for (const { memory: given } of hanging.calls) expect(given?.buffer).not.toBe(memory.buffer);
    expect(callOf(hanging, 0).memory).toEqual(new Uint8Array(8).fill(3));
    callOf(hanging, 1).memory?.fill(9);
    for (const call of hanging.calls) call.resolve();
    await Promise.all([write, read]);
    expect(inner).toEqual(new Uint8Array(8).fill(9));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("copies what it writes, even from a subclass whose slices are views, as Buffer's are", async () => {
    class ViewSlicing extends Uint8Array {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end) as Uint8Array<ArrayBuffer>;
      }
    }
    const from = new ViewSlicing(8).fill(1);
    const write = device.write(0, from);
    from.fill(2);
    expect([...(callOf(hanging).memory ?? [])]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    callOf(hanging).resolve();
    await write;
  });

  test("settles an aborted call at once", async () => {
    const reason = new Error("no patience");
    const controller = new AbortController();
    const into = markedBytes(10);
    const read = device.read(0, into, { signal: controller.signal });
    controller.abort(reason);
    await expect(read).rejects.toBe(reason);
    expect(callOf(hanging).signal?.reason).toBe(reason);
    callOf(hanging).memory?.fill(0xff);
    callOf(hanging).resolve();
    await vi.advanceTimersByTimeAsync(1);
    expectBytes(into, markedBytes(10));
    expect(vi.getTimerCount()).toBe(0);
  });

  test("bounds the memory that calls it gave up may hold", async () => {
    const call = () => device.read(0, new Uint8Array(16 * 1024 * 1024));
    const refusals = Array.from({ length: 5 }, () => expect(call()).rejects.toMatchObject(timeout));
    await vi.advanceTimersByTimeAsync(30_000);
    await Promise.all(refusals);
    await expect(call()).rejects.toMatchObject({
      ...timeout,
      message: expect.stringContaining("5 calls that were given up still hang"),
    });
    expect(hanging.calls).toHaveLength(5);
    callOf(hanging, 2).reject(new Error("gone"));
    await vi.advanceTimersByTimeAsync(1);
    const again = call();
    expect(hanging.calls).toHaveLength(6);
    callOf(hanging, 5).resolve();
    await again;
  });

  test("closes once its calls are given up, and closes the device below once", async () => {
    const refused = expect(device.read(0, new Uint8Array(1))).rejects.toMatchObject(timeout);
    const closed = Promise.all([device.close(), device.close()]);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(hanging.closed).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    await closed;
    expect(hanging.closed).toBe(1);
  });

  test("does not wait for ever for the device below to close", async () => {
    hanging.closing = new Promise(() => {});
    const refused = expect(device.close()).rejects.toMatchObject(timeout);
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
  });
});

describe("DeadlineDevice", () => {
  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
    "has no deadline of %s ms",
    (deadlineMs) => {
      expect(() => new DeadlineDevice(new MemoryDevice(1), { deadlineMs })).toThrow(
        expect.objectContaining({ code: "invalid-argument", at: { device: "memory", field: "deadlineMs" } }),
      );
    },
  );

  test("passes on errors of the device below, thrown or rejected", async () => {
    const memory = new MemoryDevice(1);
    const failure = new Error("smoke");
    const device = new DeadlineDevice(memory, { deadlineMs: 50 });
    memory.read = () => Promise.reject(failure);
    await expect(device.read(0, new Uint8Array(1))).rejects.toBe(failure);
    memory.read = () => {
      throw failure;
    };
    await expect(device.read(0, new Uint8Array(1))).rejects.toBe(failure);
  });

  test("gives a stranger, who may write to it at any time, no buffer twice", async () => {
    const content = patternBytes(16);
    const memory = new MemoryDevice(content);
    const read = memory.read;
    const given: Uint8Array[] = [];
    memory.read = async (offsetBytes, into) => {
      await read.call(memory, offsetBytes, into);
      for (const earlier of given) earlier.fill(0xff);
      given.push(into);
    };
    const device = new DeadlineDevice(memory);
    for (let round = 0; round < 3; round++) {
      const into = new Uint8Array(16);
      await device.read(0, into);
      expectBytes(into, content);
    }
    expect(given).toHaveLength(3);
  });

  test("rejects where the buffer to read into is gone when the bytes come", async () => {
    const into = new Uint8Array(4);
    const read = new DeadlineDevice(new MemoryDevice(4)).read(0, into);
    structuredClone(into.buffer, { transfer: [into.buffer] });
    await expect(read).rejects.toThrow();
  });

  test("reads directly whatever is below, which sees a private buffer only", () => {
    const memory = new MemoryDevice(patternBytes(1));
    memory.read = async () => {};
    expect(readsDirectly(new DeadlineDevice(memory))).toBe(true);
  });
});
