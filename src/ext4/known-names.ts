/** Names that were looked up lately, and what they stand for, within a bound. */
import { latin1FromBytes } from "../bytes/latin1.ts";

/** How many names are kept unless told otherwise: some 10 MB. */
const defaultLimit = 65_536;

/**
 * Inode numbers by directory and name. What a change takes away is forgotten
 * before it is known whether the change will stand: what is not known is looked up.
 */
export class KnownNames {
  readonly #limit: number;
  /** Those met since the last turn, and those met in the turn before. */
  #young: Map<string, number> = new Map();
  #old: Map<string, number> = new Map();

  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  get(directory: number, name: Uint8Array): number | undefined {
    const key = keyOf(directory, name);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#put(key, old);
    return old;
  }

  set(directory: number, name: Uint8Array, inode: number): void {
    this.#put(keyOf(directory, name), inode);
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

  #put(key: string, inode: number): void {
    if (this.#young.size >= this.#limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, inode);
  }
}

function keyOf(directory: number, name: Uint8Array): string {
  return `${directory}/${latin1FromBytes(name)}`;
}
