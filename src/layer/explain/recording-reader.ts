/** A tar reader that keeps a record of each entry that passes through it, with the digest of what was read of it. */
import type { StreamHasher, StreamHasherFactory } from "../../crypto/stream-hasher.ts";
import type { TarContent, TarEntry } from "../../tar/tar-entry.ts";
import { TarReader } from "../../tar/tar-reader.ts";
import type { TarSource } from "../../tar/tar-stream.ts";
import type { EntryRecord } from "./entry-record.ts";

const zeros: Readonly<Uint8Array> = new Uint8Array(1_048_576);

/** See the head of this file. */
export class RecordingReader extends TarReader {
  readonly #records: EntryRecord[] = [];
  readonly #createHasher: StreamHasherFactory;
  #entry: TarEntry | undefined;
  #hasher: StreamHasher | undefined;

  constructor(source: TarSource, createHasher: StreamHasherFactory) {
    super(source);
    this.#createHasher = createHasher;
  }

  /** The entries that have passed, the current one left out. */
  get records(): readonly EntryRecord[] {
    return this.#records;
  }

  override async next(): Promise<TarEntry | undefined> {
    await this.#finish();
    this.#entry = await super.next();
    if (this.#entry !== undefined && this.#entry.sizeBytes > 0)
      this.#hasher = await this.#createHasher("sha256");
    return this.#entry;
  }

  override async read(): Promise<TarContent | undefined> {
    const content = await super.read();
    if (content?.kind === "data") this.#hasher?.update(content.bytes);
    if (content?.kind === "hole") await this.#hashZeros(content.lengthBytes);
    return content;
  }

  async #finish(): Promise<void> {
    const entry = this.#entry;
    if (entry === undefined) return;
    this.#entry = undefined;
    // What the layer has no use for is read too: with other options it may have.
    while (await this.read()) {}
    const contentDigest = this.#hasher?.digest();
    this.#hasher = undefined;
    this.#records.push({ index: this.#records.length, entry, contentDigest });
  }

  /** A hole may be as large as the archive claims: signals and timers get their turn meanwhile. */
  async #hashZeros(lengthBytes: number): Promise<void> {
    for (let left = lengthBytes; left > 0; left -= zeros.length) {
      this.#hasher?.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
      if (left > zeros.length) await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }
}
