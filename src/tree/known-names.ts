/** Names that were looked up lately, and what they stand for, within a bound. */
import { latin1FromBytes } from "../bytes/latin1.ts";

/** How many names are kept unless told otherwise: some 10 MB. */
const defaultLimit = 65_536;

/** A name in a directory, one character a byte, and what it stands for. */
interface Known<Found> {
  readonly directory: number;
  readonly name: string;
  found: Found;
}

/**
 * Whatever was found by directory and name. Those that were not met for longest go, in halves: a name
 * that is met is not moved, so that remembering costs a lookup no more than one of a map.
 *
 * A name is found by a number made of its bytes, without text being made of them first. Of names that
 * have one number, only the last is known: whoever chooses names so has them looked up anew, no more.
 */
export class KnownNames<Found extends number | object> {
  readonly #limit: number;
  /** Those met since the last turn, and those met in the turn before. */
  #young: Map<number, Known<Found>> = new Map();
  #old: Map<number, Known<Found>> = new Map();

  /** @param limit at least 1; of an odd one, one more is kept. */
  constructor(limit: number = defaultLimit) {
    this.#limit = limit;
  }

  /** @param directory a number that tells it from all others. */
  get(directory: number, name: Uint8Array): Found | undefined {
    const key = keyOf(directory, name);
    const young = this.#young.get(key);
    if (young !== undefined && isOf(young, directory, name)) return young.found;
    const old = this.#old.get(key);
    if (old === undefined || !isOf(old, directory, name)) return undefined;
    this.#put(key, old);
    return old.found;
  }

  set(directory: number, name: Uint8Array, found: Found): void {
    const key = keyOf(directory, name);
    const young = this.#young.get(key);
    if (young !== undefined && isOf(young, directory, name)) young.found = found;
    else this.#put(key, { directory, name: latin1FromBytes(name), found });
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

  #put(key: number, known: Known<Found>): void {
    // What is replaced must not be found again as it was the turn before.
    if (this.#young.has(key)) this.#old.delete(key);
    else if (this.#young.size >= this.#limit / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, known);
  }
}

/** FNV-1a, as a small integer; names that differ have one number now and then. */
function keyOf(directory: number, name: Uint8Array): number {
  let hash = Math.imul(directory, 0x9e3779b1) ^ 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ (name[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & 0x3fff_ffff;
}

function isOf<Found>(known: Known<Found>, directory: number, name: Uint8Array): boolean {
  if (known.directory !== directory || known.name.length !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (known.name.charCodeAt(i) !== name[i]) return false;
  return true;
}
