import { describe, expect, test } from "vitest";
import { readsDirectly, writesDirectly } from "../../src/device/direct.ts";
import { MemoryDevice, WritableSliceDevice } from "../../src/device/index.ts";
import { describeWritableBlockDeviceContract } from "./writable-contract.ts";

describeWritableBlockDeviceContract("MemoryDevice", async (content) => ({
  device: new MemoryDevice(content),
  spoil: () => void content.fill(0xff),
}));

describeWritableBlockDeviceContract("MemoryDevice in shared memory", async (content) => {
  const device = new MemoryDevice(content.length, { shared: true, name: "shared" });
  await device.write(0, content);
  return { device };
});

describe("MemoryDevice", () => {
  test("works on the very bytes that it is given", async () => {
    const bytes = new Uint8Array(64);
    const device = new MemoryDevice(bytes.subarray(16, 48));
    await device.write(0, new Uint8Array(4).fill(9));
    expect(bytes.subarray(15, 21)).toEqual(Uint8Array.of(0, 9, 9, 9, 9, 0));
    bytes[20] = 7;
    const into = new Uint8Array(5);
    await device.read(0, into);
    expect(into).toEqual(Uint8Array.of(9, 9, 9, 9, 7));
    expect(device.sizeBytes).toBe(32);
  });

  test("made from a size, holds zeros", async () => {
    const into = new Uint8Array(100).fill(1);
    await new MemoryDevice(100).read(0, into);
    expect(into).toEqual(new Uint8Array(100));
    expect(new MemoryDevice(0).sizeBytes).toBe(0);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("has no size %s", (size) => {
    expect(() => new MemoryDevice(size)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  test.each([false, true])("says so where there is no memory, shared: %s", (shared) => {
    expect(() => new MemoryDevice(Number.MAX_SAFE_INTEGER, { shared })).toThrow(
      expect.objectContaining({ code: "invalid-argument", cause: expect.any(RangeError) }),
    );
  });

  test("takes effect in the order of the calls", async () => {
    const device = new MemoryDevice(8);
    const into = new Uint8Array(8);
    const from = new Uint8Array(8).fill(1);
    const write = device.write(0, from);
    from.fill(2);
    await Promise.all([write, device.read(0, into), device.discard(0, 8)]);
    expect(into).toEqual(new Uint8Array(8).fill(1));
  });
});

describe("readsDirectly", () => {
  test("trusts a memory device", () => {
    expect(readsDirectly(new MemoryDevice(1))).toBe(true);
  });

  test("trusts neither a subclass that reads otherwise nor a replaced read", () => {
    class Wiretap extends MemoryDevice {
      seen: Uint8Array | undefined;
      override async read(_offsetBytes: number, into: Uint8Array): Promise<void> {
        this.seen = into;
      }
    }
    expect(readsDirectly(new Wiretap(1))).toBe(false);
    const replaced = new MemoryDevice(1);
    replaced.read = async () => {};
    expect(readsDirectly(replaced)).toBe(false);
  });

  test("trusts, of what is written, neither a subclass that writes otherwise nor a replaced write", () => {
    class Wiretap extends MemoryDevice {
      override async write(_offsetBytes: number, _from: Uint8Array): Promise<void> {}
    }
    expect(writesDirectly(new MemoryDevice(1))).toBe(true);
    expect(writesDirectly(new Wiretap(1))).toBe(false);
    expect(readsDirectly(new Wiretap(1))).toBe(true);
    const replaced = new MemoryDevice(1);
    replaced.write = async () => {};
    expect(writesDirectly(replaced)).toBe(false);
    expect(writesDirectly(new WritableSliceDevice(replaced, 0, 1))).toBe(false);
    expect(writesDirectly(new WritableSliceDevice(new MemoryDevice(1), 0, 1))).toBe(true);
  });

  test("does not trust a stranger", () => {
    const inner = new MemoryDevice(1);
    expect(
      readsDirectly({ ...inner, read: inner.read, close: inner.close, [Symbol.asyncDispose]: inner.close }),
    ).toBe(false);
  });
});
