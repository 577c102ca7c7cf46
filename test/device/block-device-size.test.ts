import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { deviceNumber } from "../../src/device/block-device-size.node.ts";

// As glibc's gnu_dev_major and gnu_dev_minor unpack them.
test.each([
  [0x700n, "7:0"],
  [0x801n, "8:1"],
  [0x10301n, "259:1"],
  [0x1008ffn, "8:511"],
  [0xfffffffffn, "4095:16777215"],
  [0x0000_1000_0000_0000n, "4096:0"],
  [0x1234_5678_9abc_def0n, "305421534:1737075696"],
])("device %s is %s", (rdev, number) => {
  expect(deviceNumber(rdev)).toBe(number);
});

test("finds the number of a device that every Linux has", async () => {
  const { rdev } = await stat("/dev/null", { bigint: true });
  expect(deviceNumber(rdev)).toBe("1:3");
});
