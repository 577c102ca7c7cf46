/** Names that were looked up lately, and what they stand for, within a bound. */
import { latin1FromBytes } from "../bytes/latin1.ts";

/** How many names are kept unless told otherwise: some 10 MB. */
const defaultLimit = 65_536;

/**
 * Whatever was found by directory and name. Those that were not met for longest go, in halves: a name
 * that is met is not moved, so that remembering costs a lookup no more than one of a map.
 */
export class KnownNames<Found extends number | object> {
  readonly #limit: number;
  /** Those met since the last turn, and those met in the turn before. */
  #young: Map<string, Found> = new Map();
  #old: Map<string, Found> = new Map();

  /** @param limit at least 1; of an odd one, one more is kept. */
  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  /** @param directory a number that tells it from all others. */
  get(directory: number, name: Uint8Array): Found | undefined {
    const key = keyOf(directory, name);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#put(key, old);
    return old;
  }

  set(directory: number, name: Uint8Array, found: Found): void {
    this.#put(keyOf(directory, name), found);
  }

  forget(directory: number, name: Uint8Array): void {
    const key = keyOf(directory, name);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #put(key: string, found: Found): void {
    if (this.#young.size >= this.#limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, found);
  }
}

function keyOf(directory: number, name: Uint8Array): string {
  return `${directory}/${latin1FromBytes(name)}`;
}
