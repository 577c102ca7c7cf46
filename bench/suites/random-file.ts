import { randomFillSync } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

/** Writes a file of random bytes, 8 MiB at a time. */
export function writeRandomFile(path: string, sizeBytes: number): void {
  const chunk = new Uint8Array(8 * 2 ** 20);
  const file = openSync(path, "w");
  try {
    for (let written = 0; written < sizeBytes; written += chunk.length) {
      randomFillSync(chunk);
      writeSync(file, chunk, 0, Math.min(chunk.length, sizeBytes - written));
    }
  } finally {
    closeSync(file);
  }
}
