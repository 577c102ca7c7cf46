/**
 * A layer's tar, out of the blob it is stored in, held against both digests.
 *
 * The diff-id is over the whole uncompressed stream, what follows the archive's
 * end included, and so is the blob's digest: whoever reads a tar stops earlier.
 * So the tar is handed to a function, and what that returns comes out only after
 * all of the rest was read and both digests were found right.
 */
import { type Decompressor, decompress as decompressPortably } from "../tar/decompress.ts";
import { checkedStream } from "./checked-stream.ts";
import type { ImageSource, LayerBlob, SourceCallOptions, SourceOptions } from "./image-source.ts";

/** How a layer is read. */
export interface LayerTarOptions extends SourceCallOptions, SourceOptions {
  /** In place of the portable `decompress`: what also recognises how a stream is compressed. */
  readonly decompress?: Decompressor;
  /** Told how many more bytes of the stored blob were read. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Has `use` read a layer's tar. Its result is given only where the layer is what
 * the image says; before that it is nobody's.
 *
 * @param use reads as much of the tar as it likes; a chunk is valid until the next is asked for.
 * @throws {IntegrityError} `digest-mismatch` where blob or tar are not what their digests say.
 * @throws {FormatError} where the compression is malformed.
 * @throws what `use` and the source throw.
 */
export async function withLayerTar<Result>(
  source: ImageSource,
  layer: LayerBlob,
  use: (tar: AsyncIterable<Uint8Array>) => Promise<Result>,
  { signal, createHasher, onProgress, decompress = decompressPortably }: LayerTarOptions = {},
): Promise<Result> {
  const blob = new WholeStream(source.blob(layer, signal && { signal }), onProgress);
  // What has the tar's own digest is the tar, whatever its first bytes look like.
  const plain = layer.digest === layer.diffId ? blob : decompress(blob);
  const name = `${source.name}: tar of layer ${layer.index}`;
  const tar = new WholeStream(
    checkedStream(plain, { name, digest: layer.diffId, sizeBytes: undefined }, createHasher),
  );
  try {
    const result = await use(tar);
    await tar.drain();
    await blob.drain();
    return result;
  } finally {
    await tar.close();
    await blob.close();
  }
}

/** A stream that is not let go when a reader stops early: the rest can still be drained. */
class WholeStream implements AsyncIterable<Uint8Array> {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #onProgress: ((bytes: number) => void) | undefined;
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>, onProgress?: (bytes: number) => void) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#onProgress = onProgress;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return { next: () => this.#next() };
  }

  async drain(): Promise<void> {
    while (!this.#ended) await this.#next();
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#ended) return { done: true, value: undefined };
    try {
      const result = await this.#iterator.next();
      if (result.done) this.#ended = true;
      else this.#onProgress?.(result.value.length);
      return result;
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }
}
