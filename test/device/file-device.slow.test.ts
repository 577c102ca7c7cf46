import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileDevice } from "../../src/device/file-device.node.ts";
import { expectBytes, patternBytes } from "./contract.ts";

test("reads and writes more at once than the system takes in one call", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sealstone-large-file-"));
  try {
    const sizeBytes = 2 ** 31 + 10_000;
    await using device = await FileDevice.open(join(folder, "large.img"), {
      writable: true,
      create: true,
      sizeBytes,
    });
    const memory = new Uint8Array(sizeBytes);
    const marks = [0, 2 ** 30 - 50, 2 ** 31 - 50, sizeBytes - 100];
    for (const [i, offsetBytes] of marks.entries()) memory.set(patternBytes(100, i + 1), offsetBytes);
    await device.write(0, memory);
    memory.fill(0xff);
    await device.read(0, memory);
    for (const [i, offsetBytes] of marks.entries()) {
      expectBytes(memory.subarray(offsetBytes, offsetBytes + 100), patternBytes(100, i + 1));
      expect(memory[offsetBytes + 100] ?? 0).toBe(0);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
