/**
 * Leaves of records in trusted memory: a fixed number of slots, found by an open-addressed
 * index of small integers, and taken anew in the order of CLOCK. All of it in typed arrays that
 * are made once.
 *
 * A slot is free, or has a leaf. Nobody takes it while it is held, or while its leaf is being written back.
 */

const noLeaf = 0xffff_ffff;
const referenced = 1;
const dirty = 2;
const writing = 4;
/** 2^32 divided by the golden ratio: spreads neighbours. (Knuth, 6.4) */
const spread = 0x9e37_79b1;

/** See the head of this file. Knows nothing of what is in a leaf, or of where else it lies. */
export class LeafCache {
  readonly slots: number;
  /** Slot i's leaf from word i × `leafWords` on. */
  readonly words: Uint32Array;
  readonly leafWords: number;
  /** Of each slot. */
  readonly #leafOf: Uint32Array;
  readonly #holders: Uint32Array;
  readonly #flags: Uint8Array;
  /** Slot + 1 of the leaf that hashes here or before, or 0. At least every other place is 0. */
  readonly #index: Uint32Array;
  readonly #shift: number;
  #hand = 0;

  constructor(slots: number, leafSizeBytes: number) {
    this.slots = slots;
    this.leafWords = leafSizeBytes / 4;
    this.words = new Uint32Array(slots * this.leafWords);
    this.#leafOf = new Uint32Array(slots).fill(noLeaf);
    this.#holders = new Uint32Array(slots);
    this.#flags = new Uint8Array(slots);
    const bits = Math.ceil(Math.log2(2 * slots));
    this.#index = new Uint32Array(2 ** bits);
    this.#shift = 32 - bits;
  }

  /** Bytes that it takes. */
  get sizeBytes(): number {
    const { words } = this;
    const arrays = [words, this.#leafOf, this.#holders, this.#flags, this.#index];
    return arrays.reduce((sum, array) => sum + array.byteLength, 0);
  }

  /** The slot of a leaf, or -1. */
  find(leaf: number): number {
    const index = this.#index;
    const mask = index.length - 1;
    for (let at = this.#home(leaf); ; at = (at + 1) & mask) {
      const entry = index[at] as number;
      if (entry === 0) return -1;
      if (this.#leafOf[entry - 1] === leaf) return entry - 1;
    }
  }

  leafOf(slot: number): number {
    return this.#leafOf[slot] as number;
  }

  /** The leaf's records, in place. */
  leaf(slot: number): Uint32Array {
    return this.words.subarray(slot * this.leafWords, (slot + 1) * this.leafWords);
  }

  /** Holds a slot once more, which is a reason to keep its leaf. */
  hold(slot: number): void {
    this.#holders[slot] = (this.#holders[slot] as number) + 1;
    this.#flags[slot] = (this.#flags[slot] as number) | referenced;
  }

  /** Ends a `hold`; true where it was the last one. */
  release(slot: number): boolean {
    const holders = (this.#holders[slot] as number) - 1;
    this.#holders[slot] = holders;
    return holders === 0;
  }

  /** True where the leaf is not on disk as it is here. */
  isDirty(slot: number): boolean {
    return ((this.#flags[slot] as number) & dirty) !== 0;
  }

  setDirty(slot: number, is: boolean): void {
    this.#set(slot, dirty, is);
  }

  /** From now on, until it is said to be over, the slot is not taken: its leaf is being written back. */
  setWriting(slot: number, is: boolean): void {
    this.#set(slot, writing, is);
  }

  /** True where the slot can be taken without losing anything. */
  isIdle(slot: number): boolean {
    return this.#holders[slot] === 0 && ((this.#flags[slot] as number) & (dirty | writing)) === 0;
  }

  /** Whether some slot is not dirty. */
  get hasClean(): boolean {
    return this.#flags.some((flags) => (flags & dirty) === 0);
  }

  /**
   * The slot whose turn it is, free or not, dirty or not; -1 where every one is held or being written back.
   *
   * @param isCleanOnly passes over those that are dirty.
   */
  candidate(isCleanOnly: boolean = false): number {
    const excluded = isCleanOnly ? writing | dirty : writing;
    for (let step = 0; step < 2 * this.slots; step++) {
      const slot = this.#hand;
      this.#hand = slot + 1 === this.slots ? 0 : slot + 1;
      const flags = this.#flags[slot] as number;
      if (this.#holders[slot] !== 0 || (flags & excluded) !== 0) continue;
      if ((flags & referenced) === 0) return slot;
      this.#flags[slot] = flags & ~referenced;
    }
    return -1;
  }

  /** Takes an idle slot's leaf out of it, and holds the slot. */
  take(slot: number): void {
    if (this.#leafOf[slot] !== noLeaf) this.#forget(slot);
    this.#holders[slot] = 1;
    this.#flags[slot] = 0;
  }

  /** Puts a leaf that is in no slot into one that was taken, and is held so often from now on. */
  put(slot: number, leaf: number, holders: number): void {
    this.#leafOf[slot] = leaf;
    this.#holders[slot] = holders;
    const mask = this.#index.length - 1;
    let at = this.#home(leaf);
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = slot + 1;
  }

  /** Wipes and frees everything. */
  clear(): void {
    this.words.fill(0);
    this.#leafOf.fill(noLeaf);
    this.#holders.fill(0);
    this.#flags.fill(0);
    this.#index.fill(0);
  }

  #set(slot: number, flag: number, is: boolean): void {
    const flags = this.#flags[slot] as number;
    this.#flags[slot] = is ? flags | flag : flags & ~flag;
  }

  #home(leaf: number): number {
    return Math.imul(leaf, spread) >>> this.#shift;
  }

  /** Takes a leaf out of the index, and moves those behind it up, so that none lies behind a gap. (Knuth, 6.4, R) */
  #forget(slot: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let gap = this.#home(this.#leafOf[slot] as number);
    while (index[gap] !== slot + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(this.#leafOf[(index[at] as number) - 1] as number);
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      index[gap] = index[at] as number;
      gap = at;
    }
    index[gap] = 0;
    this.#leafOf[slot] = noLeaf;
  }
}
