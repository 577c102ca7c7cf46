import { randomFillSync } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/**
 * Writes a file of random bytes, 8 MiB at a time. It is on the disk when this returns, and in the
 * page cache too: writing it back later would take its time from whoever is measured then.
 */
export function writeRandomFile(path: string, sizeBytes: number): void {
  const chunk = new Uint8Array(8 * 2 ** 20);
  const file = openSync(path, "w");
  try {
    for (let written = 0; written < sizeBytes; written += chunk.length) {
      randomFillSync(chunk);
      writeSync(file, chunk, 0, Math.min(chunk.length, sizeBytes - written));
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
