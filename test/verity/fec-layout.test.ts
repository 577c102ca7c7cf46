import { describe, expect, test } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import { type FecLayout, fecLayout, paritySizeBytes } from "../../src/verity/fec-layout.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import { small } from "./small-volume.ts";

const geometry = treeGeometry(small, 600, 1);
const placement = { hashOffsetBytes: 0, superblock: true };
const data = new MemoryDevice(600 * 512);
const hash = new MemoryDevice(geometry.endBlock * 512 + 700);

function layoutOf(change: { roots?: number; offsetBytes?: number; device?: MemoryDevice }): FecLayout {
  const device = change.device ?? new MemoryDevice(1 << 20);
  return fecLayout({ roots: 2, offsetBytes: 0, ...change, device }, geometry, placement, data, hash);
}

describe("the rectangle", () => {
  test("covers data, tree and the whole blocks behind it", () => {
    const layout = layoutOf({});
    expect(layout.hashBlocks).toBe(geometry.hashBlocks + 1);
    expect(layout.blocks).toBe(600 + 42 + 1);
    expect(layout.rows).toBe(253);
    expect(layout.rounds).toBe(3);
    expect(layout.paritySizeBytes).toBe(3 * 2 * 512);
    expect(paritySizeBytes(2, geometry, hash.sizeBytes)).toBe(layout.paritySizeBytes);
  });

  test("ends where the parity begins on the same device", () => {
    const whole = new MemoryDevice(1 << 20);
    const fec = { roots: 2, device: whole, offsetBytes: (geometry.endBlock + 10) * 512 };
    expect(fecLayout(fec, geometry, placement, data, whole).hashBlocks).toBe(geometry.hashBlocks + 10);
  });

  test("every block has one place", () => {
    const layout = layoutOf({ roots: 24 });
    for (let block = 0; block < layout.rows * layout.rounds; block++) {
      const [row, round] = [layout.rowOf(block), layout.roundOf(block)];
      expect(layout.blockAt(row, round)).toBe(block);
      expect(row).toBeLessThan(layout.rows);
      expect(round).toBeLessThan(layout.rounds);
    }
  });

  test("a hash device that ends before its first block is covered by nothing", () => {
    const one = treeGeometry(small, 1, 1);
    const fec = { roots: 2, device: new MemoryDevice(4096), offsetBytes: 0 };
    const layout = fecLayout(fec, one, placement, data, new MemoryDevice(512));
    expect(layout.blocks).toBe(1);
  });
});

describe("refused", () => {
  test.each([
    ["1 root", { roots: 1 }],
    ["25 roots", { roots: 25 }],
    ["half a root", { roots: 2.5 }],
    ["an odd offset", { offsetBytes: 100 }],
    ["a negative offset", { offsetBytes: -512 }],
    ["parity in the data area", { device: data, offsetBytes: 599 * 512 }],
    ["parity in the hash area", { device: hash, offsetBytes: (geometry.endBlock - 1) * 512 }],
    ["parity before the hash area", { device: hash, offsetBytes: 0 }],
  ])("%s is the caller's fault", (_, change) => {
    expect(() => layoutOf(change)).toThrow(UsageError);
  });

  test("block sizes that differ", () => {
    const uneven = treeGeometry({ ...small, hashBlockSize: 1024 }, 600, 1);
    const fec = { roots: 2, device: new MemoryDevice(1 << 20), offsetBytes: 0 };
    expect(() => fecLayout(fec, uneven, placement, data, hash)).toThrow(
      expect.objectContaining({ code: "invalid-argument", at: { field: "hashBlockSize" } }),
    );
  });

  test("a FEC device that is too small, by a byte", () => {
    const { paritySizeBytes: size } = layoutOf({});
    expect(layoutOf({ device: new MemoryDevice(size + 512), offsetBytes: 512 }).rounds).toBe(3);
    const small = (): FecLayout => layoutOf({ device: new MemoryDevice(size + 511), offsetBytes: 512 });
    expect(small).toThrow(FormatError);
    expect(small).toThrow(expect.objectContaining({ code: "does-not-fit" }));
  });

  test("parity that follows the data on its device is none of that", () => {
    const both = new MemoryDevice(1 << 20);
    const fec = { roots: 2, device: both, offsetBytes: 600 * 512 };
    expect(fecLayout(fec, geometry, placement, both, hash).paritySizeBytes).toBe(3072);
  });
});
