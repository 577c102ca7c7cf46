/** Mistakes that the sealed device could have: each of them makes the model tests fail. */
import { afterAll, expect, test } from "vitest";
import { SeededRandom } from "../../src/testing/index.ts";
import { type Change, mutant, removeMutants } from "./mutant.ts";
import { everything } from "./scenarios.ts";

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
];

const recordLoop = `    for (let i = 0; i < count; i++) {
      const word = (slot + i) * sectorWords.perSlot;
      table.store(firstSector + i, descriptors, word + sectorWords.nonce + 1, word + sectorWords.tag);
    }
`;

const mutants: readonly (readonly [name: string, ...changes: readonly Change[]])[] = [
  ["freshness check removed: an older sector is accepted", ...acceptOlder],
  ["tag not checked", ["sector-store.ts", "if (refused > 0) throw", "if (refused > count) throw"]],
  [
    "record updated after the write",
    ["sector-store.ts", recordLoop, ""],
    [
      "sector-store.ts",
      "      await writePrivately(below, offsetBytes, sealed, this.#buffers);\n",
      `      await writePrivately(below, offsetBytes, sealed, this.#buffers);\n${recordLoop}`,
    ],
  ],
  ["AAD without the sector", ["sector-store.ts", "aad[word + 2] = sector % wordSpan;", "aad[word + 2] = 0;"]],
  ["AAD without the device", ["sector-store.ts", "aad[word] = instance;", "aad[word] = 1;"]],
  [
    "poison forgotten",
    ["sector-store.ts", "for (let i = 0; i < count; i++) table.poison(firstSector + i);\n", ""],
  ],
  ["poison ignored", ["sector-store.ts", "if (table.isPoisoned(firstSector + i)) throw", "if (false) throw"]],
  [
    "poison never cleared by a discard",
    [
      "sector-table.ts",
      "if (this.#format.isAbsent(extent, at)) continue;",
      "if (this.#format.isAbsent(extent, at) || this.#format.isPoisoned(extent, at)) continue;",
    ],
  ],
  ["sequence reused", ["write-sequence.ts", "this.#low += 1;", "this.#low += 0;"]],
  [
    "sequence of 32 bits",
    ["sector-store.ts", "descriptors[word + 2] = sequence.high;", "descriptors[word + 2] = 0;"],
  ],
  ["sequence wraps", ["write-sequence.ts", "if (left >= count) return;", "if (left >= 0) return;"]],
  [
    "order of overlapping calls ignored",
    ["sector-order.ts", "group.members === 0) continue;", "group.members > 0) continue;"],
  ],
  ["writes do not wait for reads", ["sector-order.ts", "[readsSome, writesSome, readsAll,", "[writesSome,"]],
  ["reads do not wait for writes", ["sector-order.ts", "  [writesSome, writesAll],\n", "  [],\n"]],
  ["parts do not wait for the whole", ["sector-order.ts", "  [readsAll, writesAll],\n", "  [writesAll],\n"]],
  ["who comes later is waited for", ["sector-order.ts", "group.isClosed = true;", ""]],
  [
    "slot released while I/O is under way",
    [
      "sector-batches.ts",
      "const working = this.#keeping(batch, call, step).finally(() => pool.giveBack(place));",
      "pool.giveBack(place);\n        const working = this.#keeping(batch, call, step);",
    ],
  ],
  [
    "a call that ends before its batches",
    ["sector-batches.ts", "if (underWay.length > 0) await Promise.allSettled(underWay);", ""],
  ],
  ["a failed batch ignored", ["sector-batches.ts", "if (hasFailed) await Promise.all(underWay);", ""]],
  ["buffer not zeroed on failure", ["sealed-device.ts", "void into.fill(0);", "undefined;"]],
  ["an answered caller's buffer written to", ["sealed-device.ts", "if (call.answered) return;", ""]],
  [
    "sectors let go when the caller gives up",
    ["sector-calls.ts", "await work(call);", "await untilAborted(work(call), call.signal);"],
  ],
  [
    "a flush that cannot be given up",
    ["sealed-device.ts", "this.#calls.runApart(options, work)", "this.#calls.runApart(undefined, work)"],
  ],
  ["discard forgets nothing", ["sealed-device.ts", "await this.#table.drop(firstWhole, endWhole);", "{}"]],
  [
    "discard forgets the sectors at its edges",
    [
      "sealed-device.ts",
      "const firstWhole = Math.ceil(offsetBytes / size);",
      "const firstWhole = Math.floor(offsetBytes / size);",
    ],
  ],
  [
    "absent sectors are not zeroed",
    [
      "sector-store.ts",
      "if (isAbsent) cipher.plaintext.fill(0, from, (slot + i) * this.#size);",
      "if (isAbsent) cipher.plaintext.fill(0, from, from);",
    ],
  ],
  [
    "a sector's start lost when it is written in part",
    [
      "sealed-device.ts",
      "if (skipBytes > 0 || (count === 1 && endsInside))",
      "if (count === 1 && endsInside && skipBytes === 0)",
    ],
  ],
  [
    "a sector's end lost when it is written in part",
    ["sealed-device.ts", "if (endsInside && count > 1) {", "if (endsInside && count > 2) {"],
  ],
  [
    "the host reads into the memory of the keys",
    [
      "sector-store.ts",
      "await readPrivately(below, offsetBytes, into, signal, this.#buffers);",
      "await below.read(offsetBytes, into);",
    ],
  ],
  [
    "the host is handed the memory of the keys",
    [
      "sector-store.ts",
      "await writePrivately(below, offsetBytes, sealed, this.#buffers);",
      "await below.write(offsetBytes, sealed);",
    ],
  ],
  [
    "plaintext written",
    [
      "sector-store.ts",
      "const sealed = cipher.ciphertext.subarray",
      "const sealed = cipher.plaintext.subarray",
    ],
  ],
  [
    "records of discarded sectors kept in the count",
    ["sector-table.ts", "    this.#touched -= dropped;\n", ""],
  ],
];

afterAll(removeMutants);

test("a copy without a mistake passes", async () => {
  const subject = await mutant("none", []);
  await expect(everything(subject, new SeededRandom(1))).resolves.toBeUndefined();
});

const named = mutants.map(([name, ...changes]) => [name, changes] as const);

test.each(named)("%s", async (name, changes) => {
  const subject = await mutant(name, changes);
  await expect(everything(subject, new SeededRandom(1))).rejects.toThrow(/I\d: /);
});
