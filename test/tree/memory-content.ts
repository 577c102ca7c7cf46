/** A file's bytes in pages, so that a hole takes nothing and a file may be longer than memory. */
import type { FileStretch } from "../../src/tree/file-tree.ts";

export const pageBytes = 4096;

export class MemoryContent {
  readonly #pages: Map<number, Uint8Array> = new Map();
  sizeBytes = 0;

  get allocatedBytes(): number {
    return this.#pages.size * pageBytes;
  }

  read(offsetBytes: number, into: Uint8Array): number {
    const readBytes = Math.max(Math.min(into.length, this.sizeBytes - offsetBytes), 0);
    for (const { page, start, end, at } of parts(offsetBytes, readBytes)) {
      const bytes = this.#pages.get(page);
      if (bytes) into.set(bytes.subarray(start, end), at);
      else into.fill(0, at, at + end - start);
    }
    return readBytes;
  }

  /** @param takePage says whether there is space for one more page. */
  write(offsetBytes: number, from: Uint8Array, takePage: () => boolean): number {
    let writtenBytes = 0;
    for (const { page, start, end, at } of parts(offsetBytes, from.length)) {
      const bytes = this.#take(page, takePage);
      if (!bytes) break;
      bytes.set(from.subarray(at, at + end - start), start);
      writtenBytes = at + end - start;
    }
    if (writtenBytes > 0) this.sizeBytes = Math.max(this.sizeBytes, offsetBytes + writtenBytes);
    return writtenBytes;
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes < this.sizeBytes) {
      const kept = Math.ceil(sizeBytes / pageBytes);
      for (const page of this.#pages.keys()) if (page >= kept) this.#pages.delete(page);
      this.#pages.get(kept - 1)?.fill(0, sizeBytes - (kept - 1) * pageBytes);
    }
    this.sizeBytes = sizeBytes;
  }

  /** How many pages of a range are not there yet. */
  missingPages(offsetBytes: number, lengthBytes: number): number {
    let missing = 0;
    for (const { page } of parts(offsetBytes, lengthBytes)) if (!this.#pages.has(page)) missing += 1;
    return missing;
  }

  allocate(offsetBytes: number, lengthBytes: number): void {
    for (const { page } of parts(offsetBytes, lengthBytes)) this.#take(page, () => true);
  }

  punch(offsetBytes: number, lengthBytes: number): void {
    for (const [page, bytes] of this.#pages) {
      const start = Math.max(offsetBytes - page * pageBytes, 0);
      const end = Math.min(offsetBytes + lengthBytes - page * pageBytes, pageBytes);
      if (start === 0 && end === pageBytes) this.#pages.delete(page);
      else if (start < end) bytes.fill(0, start, end);
    }
  }

  nextData(offsetBytes: number): FileStretch | undefined {
    const pages = [...this.#pages.keys()].sort((a, b) => a - b);
    const first = pages.findIndex((page) => (page + 1) * pageBytes > offsetBytes);
    if (first === -1) return undefined;
    let last = first;
    while (pages[last + 1] === (pages[last] as number) + 1) last += 1;
    const start = Math.max((pages[first] as number) * pageBytes, offsetBytes);
    const end = Math.min(((pages[last] as number) + 1) * pageBytes, this.sizeBytes);
    return start < end ? { offsetBytes: start, lengthBytes: end - start } : undefined;
  }

  #take(page: number, takePage: () => boolean): Uint8Array | undefined {
    const known = this.#pages.get(page);
    if (known || !takePage()) return known;
    const made = new Uint8Array(pageBytes);
    this.#pages.set(page, made);
    return made;
  }
}

/** A range, cut at the bounds of pages; `at` counts from its beginning. */
function* parts(
  offsetBytes: number,
  lengthBytes: number,
): Generator<{ page: number; start: number; end: number; at: number }> {
  for (let at = 0; at < lengthBytes; ) {
    const page = Math.floor((offsetBytes + at) / pageBytes);
    const start = offsetBytes + at - page * pageBytes;
    const end = Math.min(start + lengthBytes - at, pageBytes);
    yield { page, start, end, at };
    at += end - start;
  }
}
