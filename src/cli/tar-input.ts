/** A tar as a command takes it: a file, or `-` for standard input, compressed or not. */
import fs from "node:fs";
import { addAbortSignal } from "node:stream";
import { fileChunks } from "../device/file-chunks.node.ts";
import { DeviceError } from "../errors.ts";
import { decompressNative } from "../tar/decompress.node.ts";
import type { CommandContext } from "./context.ts";
import { ProgressBar } from "./progress.ts";

/** See the head of this file. Disposing takes the progress off the screen. */
export interface TarInput extends Disposable {
  /** As messages call it. */
  readonly name: string;
  /** Of the file as it is stored; undefined where that cannot be known. */
  readonly sizeBytes: number | undefined;
  /** The archive, uncompressed. A chunk is valid until the next is asked for. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Opens an archive, and draws how much of it has been read.
 *
 * @param verb what is going on, for the progress bar.
 * @throws {DeviceError} where the file is missing or cannot be opened.
 */
export function openTar(path: string, { terminal, signal }: CommandContext, verb: string): TarInput {
  const standardInput = path === "-";
  const name = standardInput ? "standard input" : path;
  const stats = statOf(standardInput ? 0 : path, name);
  const bar = new ProgressBar(terminal, verb);
  const dispose = (): void => bar[Symbol.dispose]();
  if (!stats.isFile()) {
    // A pipe may keep its reader waiting: not on this thread.
    const stream = standardInput ? process.stdin : fs.createReadStream(path, { highWaterMark: 2 ** 20 });
    addAbortSignal(signal, stream);
    const bytes = decompressNative(named(stream, name));
    return { name, sizeBytes: undefined, bytes, [Symbol.dispose]: dispose };
  }
  const onRead = (readBytes: number): void => bar.update(readBytes, stats.size);
  const bytes = decompressNative(fileChunks(standardInput ? 0 : path, { onRead }));
  return { name, sizeBytes: stats.size, bytes, [Symbol.dispose]: dispose };
}

function statOf(file: number | string, name: string): fs.Stats {
  try {
    const stats = typeof file === "number" ? fs.fstatSync(file) : fs.statSync(file);
    if (stats.isDirectory()) throw new Error("it is a directory: pack it with tar first");
    return stats;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const message = missing
      ? `${name} does not exist.`
      : `${name} cannot be read: ${(cause as Error).message}`;
    throw new DeviceError(missing ? "device-missing" : "device-failed", message, {
      at: { device: name },
      cause,
    });
  }
}

/** The same chunks; what the stream fails with becomes a `DeviceError`. */
async function* named(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (cause) {
    const message = `read of ${name}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new DeviceError("device-failed", message, { at: { device: name }, cause });
  }
}
