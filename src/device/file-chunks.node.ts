/** A file's bytes from front to back, for what reads it once as a stream. */
import fs from "node:fs";
import { transferBuffer } from "../bytes/transfer-buffer.ts";
import { DeviceError } from "../errors.ts";
import { openError } from "./open-file.node.ts";

const chunkSizeBytes = 2 ** 20;

/** How a file is read. */
export interface FileChunksOptions {
  /** Told after each chunk how many bytes have been read so far. */
  readonly onRead?: (readBytes: number) => void;
}

/**
 * A regular file's bytes, a MiB at a time, each chunk valid until the next is
 * asked for. The thread is held up while one is read (0.1 ms from the page
 * cache), and hears messages and signals between two.
 *
 * @param file a path, or a descriptor, which is read from where it stands and left open.
 * @throws {DeviceError} `device-missing` or `device-failed`, with the system's error as cause.
 */
export async function* fileChunks(
  file: string | number,
  { onRead }: FileChunksOptions = {},
): AsyncGenerator<Uint8Array> {
  const descriptor = typeof file === "number" ? file : opened(file);
  try {
    const chunk = transferBuffer(chunkSizeBytes);
    for (let readBytes = 0; ; ) {
      const count = readSome(descriptor, chunk, file);
      if (count === 0) return;
      readBytes += count;
      onRead?.(readBytes);
      yield chunk.subarray(0, count);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    if (typeof file === "string") fs.closeSync(descriptor);
  }
}

function opened(path: string): number {
  try {
    return fs.openSync(path, "r");
  } catch (cause) {
    throw openError(path, cause);
  }
}

function readSome(descriptor: number, into: Uint8Array, file: string | number): number {
  try {
    return fs.readSync(descriptor, into, 0, into.length, null);
  } catch (cause) {
    const name = typeof file === "string" ? file : "standard input";
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DeviceError("device-failed", `read of ${name}: ${why}`, { at: { device: name }, cause });
  }
}
