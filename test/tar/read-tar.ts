/** Reads a whole tar for a test. */
import { type TarEntry, TarReader, type TarSource } from "../../src/tar/index.ts";

/** An entry with its content: holes expanded where they are small enough to be looked at. */
export interface ReadEntry {
  readonly entry: TarEntry;
  readonly content: Uint8Array;
  /** Offset and length of each hole, in turn. */
  readonly holes: readonly (readonly [number, number])[];
}

/** All entries with their contents. */
export async function readTar(source: TarSource): Promise<ReadEntry[]> {
  const reader = new TarReader(source);
  const entries: ReadEntry[] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    entries.push({ entry, ...(await readContent(reader, entry.sizeBytes)) });
  }
  return entries;
}

async function readContent(reader: TarReader, sizeBytes: number): Promise<Omit<ReadEntry, "entry">> {
  const content = new Uint8Array(Math.min(sizeBytes, 64 << 20));
  const holes: [number, number][] = [];
  let at = 0;
  for (let piece = await reader.read(); piece !== undefined; piece = await reader.read()) {
    if (piece.kind === "data") content.set(piece.bytes, at);
    else holes.push([at, piece.lengthBytes]);
    at += piece.kind === "data" ? piece.bytes.length : piece.lengthBytes;
  }
  return { content, holes };
}

/** Cuts bytes into chunks of the given size. */
export function* inChunks(bytes: Uint8Array, chunkSizeBytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkSizeBytes) yield bytes.subarray(at, at + chunkSizeBytes);
}
