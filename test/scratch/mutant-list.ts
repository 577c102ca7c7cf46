/** Mistakes that the sealed device could have. */
import type { Change } from "../mutants/changed-copy.ts";
import type { Mistake } from "./mutant.ts";

/** Records of before are kept, and one that fits opens the sector: no freshness. */
const acceptOlder: readonly Change[] = [
  [
    "sector-store.ts",
    "  #sealedSectors = 0;",
    "  #records = new Map<number, Uint32Array[]>();\n  #sealedSectors = 0;",
  ],
  [
    "sector-store.ts",
    "    const offsetBytes = this.#offsetOf(firstSector);\n    const sealed",
    `    for (let i = 0; i < count; i++) {
      const word = (slot + i) * sectorWords.perSlot;
      const records = this.#records.get(firstSector + i) ?? [];
      records.push(descriptors.slice(word, word + 8));
      this.#records.set(firstSector + i, records);
    }
    const offsetBytes = this.#offsetOf(firstSector);
    const sealed`,
  ],
  [
    "sector-store.ts",
    "const refused = cipher.open(slot, count);",
    `const sealed = into.slice();
    let refused = cipher.open(slot, count);
    for (let i = 0; i < count && refused > 0; i++) {
      const word = (slot + i) * sectorWords.perSlot;
      for (const record of this.#records.get(firstSector + i) ?? []) {
        if (descriptors[word + sectorWords.status] === 1) break;
        descriptors.set(record, word);
        into.set(sealed.subarray(i * this.#size, (i + 1) * this.#size), i * this.#size);
        if (cipher.open(slot + i, 1) === 0) refused--;
      }
    }`,
  ],
];

const remembering = "    table.store(firstSector, count, descriptors, slot);\n";

/** Each of them makes the model tests fail. */
export const mutants: readonly Mistake[] = [
  ["freshness check removed: an older sector is accepted", "wander", ...acceptOlder],
  ["tag not checked", "wander", ["sector-store.ts", "if (refused > 0) throw", "if (refused > count) throw"]],
  [
    "record updated after the write",
    "givingUp",
    ["sector-store.ts", remembering, ""],
    [
      "sector-store.ts",
      "      await writePrivately(below, offsetBytes, sealed, this.#buffers);\n",
      `      await writePrivately(below, offsetBytes, sealed, this.#buffers);\n${remembering}`,
    ],
  ],
  ["AAD without the sector", "wander", ["sector-store.ts", "aad[word] = firstSector + i;", "aad[word] = 0;"]],
  ["AAD without the device", "numbering", ["sector-store.ts", "aad[word] = instance;", "aad[word] = 1;"]],
  ["poison forgotten", "failEveryCall", ["sector-store.ts", "table.poison(firstSector, count);\n", ""]],
  [
    "poison ignored",
    "failEveryCall",
    ["sector-store.ts", "if (poisonedAt !== -1) return", "if (false) return"],
  ],
  [
    "poison never cleared by a discard",
    "failEveryCall",
    [
      "sector-table.ts",
      "if (this.#format.isAbsent(extent, at)) continue;",
      "if (this.#format.isAbsent(extent, at) || this.#format.isPoisoned(extent, at)) continue;",
    ],
  ],
  ["sequence reused", "wander", ["write-sequence.ts", "low += 1;", "low += 0;"]],
  [
    "sequence of 32 bits",
    "numbering",
    ["write-sequence.ts", "words[word + 1] = high;", "words[word + 1] = 0;"],
  ],
  [
    "sequence wraps",
    "numbering",
    ["write-sequence.ts", "if (left >= count) return;", "if (left >= 0) return;"],
  ],
  [
    "order of overlapping calls ignored",
    "givingUp",
    ["sector-order.ts", "group.members === 0) continue;", "group.members > 0) continue;"],
  ],
  [
    "writes do not wait for reads",
    "wander",
    ["sector-order.ts", "[readsSome, writesSome, readsAll,", "[writesSome,"],
  ],
  ["reads do not wait for writes", "wander", ["sector-order.ts", "  [writesSome, writesAll],\n", "  [],\n"]],
  [
    "parts do not wait for the whole",
    "wander",
    ["sector-order.ts", "  [readsAll, writesAll],\n", "  [writesAll],\n"],
  ],
  ["who comes later is waited for", "wander", ["sector-order.ts", "group.isClosed = true;", ""]],
  [
    "slot released while I/O is under way",
    "wander",
    [
      "sector-batches.ts",
      "      call.signal?.throwIfAborted();\n",
      "      pool.giveBack(place);\n      call.signal?.throwIfAborted();\n",
    ],
    ["sector-batches.ts", "    } finally {\n      pool.giveBack(place);\n", "    } finally {\n"],
  ],
  [
    "a call that ends before its batches",
    "overlappingBatches",
    ["sector-batches.ts", "if (underWay.length > 0) await Promise.allSettled(underWay);", ""],
  ],
  [
    "a failed batch ignored",
    "overlappingBatches",
    ["sector-batches.ts", "if (hasFailed) await Promise.all(underWay);", ""],
  ],
  [
    "buffer not zeroed on failure",
    "givingUpAtAnyMoment",
    ["sealed-device.ts", "void into.fill(0);", "undefined;"],
  ],
  [
    "an answered caller's buffer written to",
    "givingUpAtAnyMoment",
    ["sealed-device.ts", "if (call.answered) return;", ""],
  ],
  [
    "sectors let go when the caller gives up",
    "givingUp",
    ["sector-calls.ts", "await work(call);", "await untilAborted(work(call), call.signal);"],
  ],
  [
    "a flush that cannot be given up",
    "givingUp",
    ["sealed-device.ts", "this.#calls.runApart(options, work)", "this.#calls.runApart(undefined, work)"],
  ],
  [
    "discard forgets nothing",
    "failEveryCall",
    ["sealed-device.ts", "await this.#table.drop(firstWhole, endWhole);", "{}"],
  ],
  [
    "discard forgets the sectors at its edges",
    "failEveryCall",
    [
      "sealed-device.ts",
      "const firstWhole = Math.ceil(offsetBytes / size);",
      "const firstWhole = Math.floor(offsetBytes / size);",
    ],
  ],
  [
    "absent sectors are not zeroed",
    "wander",
    [
      "sector-store.ts",
      "cipher.plaintext.fill(0, from, from + alike * this.#size);",
      "cipher.plaintext.fill(0, from, from);",
    ],
  ],
  [
    "a sector's start lost when it is written in part",
    "failEveryCall",
    [
      "sealed-device.ts",
      "if (skipBytes > 0 || (count === 1 && endsInside))",
      "if (count === 1 && endsInside && skipBytes === 0)",
    ],
  ],
  [
    "a sector's end lost when it is written in part",
    "wander",
    ["sealed-device.ts", "if (endsInside && count > 1) {", "if (endsInside && count > 2) {"],
  ],
  [
    "the host reads into the memory of the keys",
    "givingUp",
    [
      "sector-store.ts",
      "await readPrivately(below, offsetBytes, into, signal);",
      "await below.read(offsetBytes, into);",
    ],
  ],
  [
    "the host is handed the memory of the keys",
    "failEveryCall",
    [
      "sector-store.ts",
      "await writePrivately(below, offsetBytes, sealed, this.#buffers);",
      "await below.write(offsetBytes, sealed);",
    ],
  ],
  [
    "plaintext written",
    "wander",
    [
      "sector-store.ts",
      "    cipher.seal(slot, count);\n",
      "    const bare = cipher.plaintext.slice(slot * this.#size, (slot + count) * this.#size);\n    cipher.seal(slot, count);\n",
    ],
    [
      "sector-store.ts",
      "const sealed = cipher.ciphertext.subarray(slot * this.#size, (slot + count) * this.#size);",
      "const sealed = bare;",
    ],
  ],
  [
    "records of discarded sectors kept in the count",
    "wander",
    ["sector-table.ts", "    this.#touched -= dropped;\n", ""],
  ],
];
