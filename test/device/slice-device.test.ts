import { describe, expect, test } from "vitest";
import { readsDirectly } from "../../src/device/direct.ts";
import {
  type BlockDevice,
  DeadlineDevice,
  MemoryDevice,
  SliceDevice,
  WritableSliceDevice,
} from "../../src/device/index.ts";
import { describeBlockDeviceContract, expectBytes, patternBytes } from "./contract.ts";
import { describeWritableBlockDeviceContract } from "./writable-contract.ts";

/** `content` with bytes of another kind before and behind it. */
function embed(content: Uint8Array): MemoryDevice {
  const bytes = new Uint8Array(content.length + 300).fill(0xff);
  bytes.set(content, 100);
  return new MemoryDevice(bytes);
}

describeBlockDeviceContract("SliceDevice", async (content) => {
  const parent = embed(content);
  return {
    device: new SliceDevice(parent, 100, content.length),
    spoil: () => parent.write(0, new Uint8Array(parent.sizeBytes).fill(0xff)),
  };
});

describeBlockDeviceContract("SliceDevice of a slower device", async (content) => ({
  device: new SliceDevice(new DeadlineDevice(embed(content)), 100, content.length, { closesParent: true }),
}));

describeWritableBlockDeviceContract("WritableSliceDevice", async (content) => ({
  device: new WritableSliceDevice(embed(content), 100, content.length),
}));

describe("SliceDevice", () => {
  test.each([
    [-1, 10],
    [0.5, 10],
    [Number.NaN, 10],
    [0, 101],
    [91, 10],
    [101, 0],
    [0, -1],
    [0, Number.NaN],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])("cannot be cut at %s with %s bytes", (offsetBytes, sizeBytes) => {
    const cut = () => new SliceDevice(new MemoryDevice(100), offsetBytes, sizeBytes);
    expect(cut).toThrow(expect.objectContaining({ name: "UsageError", code: "out-of-bounds" }));
  });

  test("may be empty, or the whole", async () => {
    const bytes = patternBytes(100);
    const parent = new MemoryDevice(bytes);
    expect(new SliceDevice(parent, 100, 0).sizeBytes).toBe(0);
    const into = new Uint8Array(100);
    await new SliceDevice(parent, 0, 100).read(0, into);
    expectBytes(into, bytes);
  });

  test("never writes outside of itself", async () => {
    const parent = new MemoryDevice(new Uint8Array(30).fill(1));
    const slice = new WritableSliceDevice(parent, 10, 10);
    await slice.write(0, new Uint8Array(10).fill(2));
    await slice.discard(5, 5);
    await expect(slice.write(5, new Uint8Array(6))).rejects.toMatchObject({ code: "out-of-bounds" });
    await expect(slice.discard(5, 6)).rejects.toMatchObject({ code: "out-of-bounds" });
    const into = new Uint8Array(30);
    await parent.read(0, into);
    expect([...into].join("")).toBe("111111111122222000001111111111");
  });

  test.each([
    [undefined, true],
    [false, true],
    [true, false],
  ])("with closesParent %s, leaves its parent open: %s", async (closesParent, open) => {
    const parent = new MemoryDevice(10);
    await new SliceDevice(parent, 0, 10, closesParent === undefined ? {} : { closesParent }).close();
    const read = parent.read(0, new Uint8Array(1)).then(
      () => true,
      () => false,
    );
    expect(await read).toBe(open);
  });

  test("names its parent, unless it has a name of its own", () => {
    const parent = new MemoryDevice(10, { name: "disk" });
    expect(new SliceDevice(parent, 4, 2).name).toBe("disk from 4");
    expect(new SliceDevice(parent, 4, 2, { name: "hash area" }).name).toBe("hash area");
  });

  test("reads directly where its parent does", () => {
    const direct = new MemoryDevice(10);
    const stranger: BlockDevice = {
      name: "stranger",
      sizeBytes: 10,
      read: async () => {},
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    expect(readsDirectly(new SliceDevice(new WritableSliceDevice(direct, 0, 10), 0, 5))).toBe(true);
    expect(readsDirectly(new SliceDevice(new SliceDevice(stranger, 0, 10), 0, 5))).toBe(false);
    const slice = new SliceDevice(direct, 0, 10);
    direct.read = stranger.read;
    expect(readsDirectly(slice)).toBe(false);
  });
});
