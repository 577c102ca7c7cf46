import { expect, test } from "vitest";
import { AllocationMeter } from "./allocation-meter.ts";

const mebibyte = 2 ** 20;

test("arrays are counted however they are made, and views are not", () => {
  const own = Uint8Array;
  using meter = new AllocationMeter();
  meter.begin();
  const made = new Uint8Array(1000);
  new Uint32Array(new ArrayBuffer(400));
  made.subarray(500);
  Uint8Array.from(made.slice(0, 100));
  new Uint8Array(new Uint8Array(10));
  meter.end(0);
  expect(meter.mostBytes).toBe(1000 + 400 + 100 + 100 + 10 + 10);
  expect(made).toBeInstanceOf(Uint8Array);
  meter[Symbol.dispose]();
  expect(Uint8Array).toBe(own);
});

test("a case may take twice its input and 64 MiB", () => {
  using meter = new AllocationMeter();
  meter.begin();
  new Uint8Array(65 * mebibyte);
  expect(() => meter.end(mebibyte / 2)).not.toThrow();
  expect(() => meter.end(mebibyte / 4)).toThrow("68157440 bytes of arrays for 262144 bytes of input");
});
