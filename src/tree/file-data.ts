/** What can be written to a file, in pieces of bytes. */
import { UsageError } from "../errors.ts";
import { bytesOfView } from "./transfer-arguments.ts";

/** Text stands for its UTF-8 bytes. */
export type FileDataPiece = string | ArrayBufferView;

/** What `writeFile` takes: all at once, or piece by piece from whatever yields it; a Node stream is an async iterable. */
export type FileData =
  | FileDataPiece
  | Iterable<FileDataPiece>
  | AsyncIterable<FileDataPiece>
  | ReadableStream<FileDataPiece>;

/**
 * The bytes of a piece.
 *
 * @throws {UsageError} `invalid-argument` for what is neither text nor bytes.
 */
export function bytesOfPiece(piece: FileDataPiece): Uint8Array {
  if (typeof piece === "string") return new TextEncoder().encode(piece);
  if (ArrayBuffer.isView(piece)) return bytesOfView(piece);
  throw new UsageError("invalid-argument", `a file is written as text or bytes, not ${typeof piece}`);
}

/**
 * The pieces of what is to be written; what yields them is told when the reader stops.
 *
 * @throws {UsageError} `invalid-argument` for what can be no content.
 */
export async function* piecesOf(data: FileData): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof data === "string" || ArrayBuffer.isView(data)) yield bytesOfPiece(data);
  else if (isIterable(data)) for await (const piece of data) yield bytesOfPiece(piece);
  else if (typeof data === "object" && data !== null && "getReader" in data) yield* piecesOfStream(data);
  else throw new UsageError("invalid-argument", `a file is written as text or bytes, not ${typeof data}`);
}

function isIterable(data: FileData): data is Iterable<FileDataPiece> | AsyncIterable<FileDataPiece> {
  return (
    typeof data === "object" && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data)
  );
}

/** Not every browser's streams are iterable. */
async function* piecesOfStream(
  stream: ReadableStream<FileDataPiece>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      yield bytesOfPiece(next.value);
    }
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
