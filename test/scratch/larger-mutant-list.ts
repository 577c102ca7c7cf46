/** Mistakes that the larger table could have. */
import type { Mistake } from "./mutant.ts";

const table = "leaf-table.ts";
const cache = "leaf-cache.ts";
const store = "sector-store.ts";
const written = "() => cache.setDirty(slot, false));\n";

/** Each of them makes the larger table's model tests fail. */
export const largerMutants: readonly Mistake[] = [
  [
    "a leaf that was changed while it was written is clean when that is done",
    "interleaveLarger",
    [table, written, "() => {});\n      cache.setDirty(slot, false);\n"],
  ],
  [
    "a changed leaf is dropped when it could not be written",
    "runOutLarger",
    [table, "      cache.setDirty(slot, true);\n      throw", "      throw"],
  ],
  [
    "a leaf is taken for written before it is",
    "runOutLarger",
    ["leaf-transfer.ts", "await store.put(place, leaf, 1);", "store.put(place, leaf, 1).catch(() => {});"],
  ],
  [
    "a leaf is taken out of memory while it is written, and read from the disk",
    "wanderHighest",
    [
      table,
      "if (cache.isDirty(slot)) await this.#writeBack(slot);",
      "if (cache.isDirty(slot)) this.#writeBack(slot).catch(() => {});",
    ],
    [cache, "((this.#flags[slot] as number) & (dirty | writing)) === 0", "true"],
  ],
  [
    "freshness of leaves removed: an older one is accepted",
    "wanderLarger",
    [store, "  #sealedSectors = 0;", "  #records = new Map<number, Uint32Array[]>();\n  #sealedSectors = 0;"],
    [
      store,
      "    const offsetBytes = this.#offsetOf(firstSector);\n    const sealed",
      `    for (let i = 0; i < count && level > 0; i++) {
      const word = (slot + i) * sectorWords.perSlot;
      const records = this.#records.get(firstSector + i) ?? [];
      records.push(descriptors.slice(word, word + 8));
      this.#records.set(firstSector + i, records);
    }
    const offsetBytes = this.#offsetOf(firstSector);
    const sealed`,
    ],
    [
      store,
      "const refused = cipher.open(slot, count);",
      `let refused = cipher.open(slot, count);
    for (let i = 0; i < count && refused > 0; i++) {
      const word = (slot + i) * sectorWords.perSlot;
      for (const record of this.#records.get(firstSector + i) ?? []) {
        if (descriptors[word + sectorWords.status] === 1) break;
        descriptors.set(record, word);
        if (cipher.open(slot + i, 1) === 0) refused--;
      }
    }`,
    ],
  ],
  ["AAD without the level", "wanderHighest", [store, "aad[word + 1] = level;", "aad[word + 1] = 0;"]],
  [
    "numbers without the level",
    "wanderHighest",
    [store, "descriptors[word] = level;", "descriptors[word] = 0;"],
  ],
  [
    "a leaf is let go while its sectors are read or written",
    "interleaveLarger",
    [
      "sector-batches.ts",
      "await records.hold(firstSector);\n",
      "await records.hold(firstSector);\n        records.release(firstSector);\n",
    ],
    [
      "sector-batches.ts",
      "      } finally {\n        records.release(firstSector);\n",
      "      } finally {\n",
    ],
  ],
  [
    "a leaf that cannot be read is what was there before",
    "wanderHighest",
    [table, "await this.#read(load, slot);", "await this.#read(load, slot).catch(() => {});"],
  ],
  [
    "a leaf without records is what was there before",
    "failEveryCallLarger",
    [table, "if (this.#present[load.leaf] === 0) cache.leaf(slot).fill(0);", ""],
  ],
  [
    "leaves that are forgotten stay in memory",
    "interleaveLarger",
    [table, "      cache.leaf(slot).fill(0);\n      // What", "      // What"],
  ],
  [
    "new records are not written back",
    "wanderHighest",
    [table, "    this.#cache.setDirty(this.#slot, true);\n    return at;", "    return at;"],
  ],
  [
    "dropped records come back",
    "failEveryCallLarger",
    [
      table,
      "      this.#cache.setDirty(this.#slot, true);\n      this.#touched -= 1;",
      "      this.#touched -= 1;",
    ],
  ],
  [
    "forgotten leaves stay in the count",
    "failEveryCallLarger",
    [table, "this.#touched -= this.#present[leaf] as number;", "this.#touched -= 0;"],
  ],
  [
    "a leaf is brought in twice",
    "wanderLarger",
    [table, "let load = this.#loads.find((other) => other.leaf === leaf);", "let load: Load | undefined;"],
  ],
  [
    "who waits for a leaf does not hold it",
    "wanderHighest",
    [table, "else load.holders += 1;", "else load.holders += 0;"],
  ],
  [
    "a record where another leaf was",
    "wanderLarger",
    [table, "if (cache.leafOf(slot) === this.#leaf) this.#leaf = -1;", ""],
  ],
  ["nobody is told of room", "runOutLarger", [table, "    if (isLast) this.#wake();\n", ""]],
  [
    "a lost leaf is taken for the one that had to wait",
    "wanderHighest",
    [table, "const leaf = error.at.sector ?? this.#leafOf(asked);", "const leaf = this.#leafOf(asked);"],
  ],
];
