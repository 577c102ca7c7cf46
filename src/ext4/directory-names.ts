/** Names of large directories that were looked up in lately, so that not each lookup reads them whole. */

/** Inode numbers by name, for some directories, within a bound. */
export class DirectoryNames {
  readonly #limit: number;
  readonly #directories: Map<number, ReadonlyMap<string, number>> = new Map();
  #count = 0;

  /** @param limit how many names are kept at most, over all directories. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The names of a directory; it becomes the latest. */
  get(directory: number): ReadonlyMap<string, number> | undefined {
    const names = this.#directories.get(directory);
    if (names === undefined) return undefined;
    this.#directories.delete(directory);
    this.#directories.set(directory, names);
    return names;
  }

  /** Keeps the names of a directory, unless they alone are too many; others go for them. */
  set(directory: number, names: ReadonlyMap<string, number>): void {
    this.#remove(directory);
    if (names.size > this.#limit) return;
    for (const [oldest] of this.#directories) {
      if (this.#count + names.size <= this.#limit) break;
      this.#remove(oldest);
    }
    this.#directories.set(directory, names);
    this.#count += names.size;
  }

  clear(): void {
    this.#directories.clear();
    this.#count = 0;
  }

  #remove(directory: number): void {
    this.#count -= this.#directories.get(directory)?.size ?? 0;
    this.#directories.delete(directory);
  }
}

/** A name as the key of a map: a character for each byte. */
export function nameKey(name: Uint8Array): string {
  return String.fromCharCode(...name);
}
