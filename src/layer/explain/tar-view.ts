/**
 * A tar made into a layer to be looked at: the digests of its blocks, all blocks
 * but files' content, and a record of each entry. Nothing is written anywhere.
 *
 * ## Performance
 * One pass over the archive. Memory grows with the number of entries, and by 32
 * bytes for each 4096 of the layer that are not in a hole.
 */
import { createStreamHasher } from "../../crypto/stream-hasher.ts";
import { CompactWriter } from "../../ext4/compact-writer.ts";
import type { ImageOutput } from "../../ext4/image-output.ts";
import { TarReader } from "../../tar/tar-reader.ts";
import type { TarSource } from "../../tar/tar-stream.ts";
import { convertTar } from "../convert-tar.ts";
import { readBlockMap } from "./block-map.ts";
import type { EntryRecord } from "./entry-record.ts";
import { KeptImage } from "./kept-image.ts";
import type { ExplainEngine, TarInput } from "./layer-input.ts";
import type { LayerView } from "./layer-view.ts";
import { LeafDigests } from "./leaf-digests.ts";
import type { LeafTable } from "./leaf-table.ts";
import type { OptionSet } from "./option-set.ts";
import { RecordingReader } from "./recording-reader.ts";
import { rootHashOfLeaves } from "./tree-variant.ts";

/** See the head of this file. */
export interface TarView extends LayerView {
  readonly records: readonly EntryRecord[];
  /** SHA-256 of the uncompressed archive, what follows its end included. */
  readonly diffId: Uint8Array;
}

/**
 * Makes a tar into a layer.
 *
 * @throws {FormatError} for a tar that is malformed or cannot be a layer.
 * @throws what the source throws, and the signal's reason.
 */
export async function viewTar(
  { name, open }: TarInput,
  options: OptionSet,
  engine: ExplainEngine,
  signal?: AbortSignal,
): Promise<TarView> {
  const createHasher = engine.createStreamHasher ?? createStreamHasher;
  const archive = await createHasher("sha256");
  const source = tapped(open(), (chunk) => archive.update(chunk), signal);
  const reader = new RecordingReader(source, createHasher);
  const device = new KeptImage(`the layer of ${name}`);
  using digests = await LeafDigests.create(engine.createHasher);
  try {
    await convertTar(reader, new WatchedWriter(both(digests, device), options, device), options);
    await reader.drain();
  } finally {
    await reader.close();
  }
  const leaves = digests.finish();
  return {
    name,
    device,
    dataBlocks: leaves.count,
    leaves,
    rootHash: await rootHashOfLeaves(leaves, "standard"),
    map: await readBlockMap(device, signal),
    mapProblem: undefined,
    records: reader.records,
    diffId: archive.digest(),
  };
}

/**
 * The digests of a tar's layer alone.
 *
 * @throws as `viewTar`.
 */
export async function tarLeaves(
  { open }: TarInput,
  options: OptionSet,
  engine: ExplainEngine,
  signal?: AbortSignal,
): Promise<LeafTable> {
  const reader = new TarReader(tapped(open(), () => {}, signal));
  using digests = await LeafDigests.create(engine.createHasher);
  try {
    await convertTar(reader, new CompactWriter(digests, options), options);
  } finally {
    await reader.close();
  }
  return digests.finish();
}

/**
 * Tells the image which bytes are the content of files. The targets of symlinks
 * are written while one is created, and kept.
 */
class WatchedWriter extends CompactWriter {
  readonly #image: KeptImage;
  #creating = false;

  constructor(output: ImageOutput, options: OptionSet, image: KeptImage) {
    super(output, options);
    this.#image = image;
  }

  override async create(...[path, file]: Parameters<CompactWriter["create"]>): Promise<void> {
    this.#creating = true;
    await super.create(path, file);
    this.#creating = false;
  }

  override write(bytes: Uint8Array): void | Promise<void> {
    this.#image.keeping = this.#creating;
    try {
      return super.write(bytes);
    } finally {
      this.#image.keeping = true;
    }
  }
}

function both(digests: LeafDigests, image: KeptImage): ImageOutput {
  return {
    append: (bytes) => {
      digests.append(bytes);
      image.append(bytes);
    },
    appendRewritable: (bytes) => {
      digests.append(bytes);
      image.append(bytes);
    },
    appendZeros: (lengthBytes) => {
      digests.appendZeros(lengthBytes);
      image.appendZeros(lengthBytes);
    },
    rewrite: (offsetBytes, bytes) => {
      digests.rewrite(offsetBytes, bytes);
      image.rewrite(offsetBytes, bytes);
    },
  };
}

/** The same chunks, seen on their way, until the signal says no. */
async function* tapped(
  source: TarSource,
  see: (chunk: Uint8Array) => void,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal?.throwIfAborted();
    see(chunk);
    yield chunk;
  }
}
