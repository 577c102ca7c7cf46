/** Extents and block pointers, spoilt in each way that matters. */
import { describe } from "vitest";
import { type Case, expectRefusals, far, read } from "./refusal.ts";

const file = "two-blocks";

const extents: Case[] = [
  [
    "no magic",
    "extents",
    (i) => i.put(i.blockStart(file), 2, 0xf30b),
    read(file),
    { code: "bad-magic", at: { field: "magic" } },
  ],
  [
    "too deep",
    "extents",
    (i) => i.put(i.blockStart(file) + 6, 2, 6),
    read(file),
    { code: "bad-field", at: { field: "depth" } },
  ],
  [
    "more entries than room",
    "extents",
    (i) => i.put(i.blockStart(file) + 2, 2, 5),
    read(file),
    { code: "bad-field", at: { field: "entries" } },
  ],
  [
    "more room than there is",
    "extents",
    (i) => i.put(i.blockStart(file) + 4, 2, 5),
    read(file),
    { code: "bad-field", at: { field: "max" } },
  ],
  [
    "no room",
    "extents",
    (i) => i.put(i.blockStart(file) + 4, 2, 0),
    read(file),
    { code: "bad-field", at: { field: "max" } },
  ],
  [
    "an empty extent",
    "extents",
    (i) => i.put(i.blockStart(file) + 16, 2, 0),
    read(file),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
  [
    "an extent outside",
    "extents",
    (i) => i.put(i.blockStart(file) + 20, 4, far),
    read(file),
    { code: "bad-field", at: { field: "startLow" } },
  ],
  [
    "an extent far outside",
    "extents",
    (i) => i.put(i.blockStart(file) + 18, 2, 0xffff),
    read(file),
    { code: "bad-field", at: { field: "startLow" } },
  ],
  [
    "an extent over the superblock",
    "extents",
    (i) => i.put(i.blockStart(file) + 20, 4, 1),
    read(file),
    { code: "bad-field", at: { field: "startLow" } },
  ],
  [
    "an extent past the last logical block",
    "extents",
    (i) => i.put(i.blockStart(file) + 12, 4, 0xffff_ffff),
    read(file),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
  [
    "an index without entries",
    "extents",
    (i) => i.put(i.blockStart("fragments") + 2, 2, 0),
    read("fragments"),
    { code: "bad-field", at: { field: "entries" } },
  ],
  [
    "an index that leads outside",
    "extents",
    (i) => i.put(i.blockStart("fragments") + 16, 4, far),
    read("fragments"),
    { code: "bad-field", at: { field: "leafLow" } },
  ],
  [
    "a child of the wrong depth",
    "extents",
    (i) => i.put(i.firstChild(i.blockStart("fragments")) + 6, 2, 2),
    read("fragments"),
    { code: "bad-field", at: { field: "depth" } },
  ],
  [
    "a child that is itself",
    "extents",
    (i) => i.put(i.firstChild(i.blockStart("fragments")) + 16, 4, i.get(i.blockStart("fragments") + 16, 4)),
    read("fragments"),
    { code: "bad-field", at: { field: "depth" } },
  ],
  [
    "a child that begins elsewhere",
    "extents",
    (i) => i.put(i.firstChild(i.blockStart("fragments")) + 12, 4, 2),
    read("fragments"),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
  [
    "a child without magic",
    "extents",
    (i) => i.put(i.firstChild(i.blockStart("fragments")), 2, 0),
    read("fragments"),
    { code: "bad-magic" },
  ],
  [
    "leaves that are one",
    "extents",
    (i) => {
      const node = i.firstChild(i.blockStart("fragments"));
      i.put(node + 28, 4, i.get(node + 16, 4));
    },
    read("fragments"),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
  [
    "extents out of order",
    "extents",
    (i) => {
      const leaf = i.firstChild(i.firstChild(i.blockStart("fragments")));
      i.put(leaf + 36, 4, i.get(leaf + 24, 4));
    },
    read("fragments"),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
  [
    "index entries out of order",
    "extents",
    (i) => {
      const node = i.firstChild(i.blockStart("fragments"));
      i.put(node + 36, 4, 1);
    },
    read("fragments"),
    { code: "bad-field", at: { field: "logicalBlock" } },
  ],
];

const pointers: Case[] = [
  [
    "a direct block outside",
    "pointers",
    (i) => i.put(i.blockStart(file), 4, far),
    read(file),
    { code: "bad-field" },
  ],
  [
    "a direct block over the superblock",
    "pointers",
    (i) => i.put(i.blockStart(file), 4, 1),
    read(file),
    { code: "bad-field" },
  ],
  [
    "an indirect block outside",
    "pointers",
    (i) => i.put(i.blockStart("fragments") + 48, 4, far),
    read("fragments"),
    { code: "bad-field", at: { block: far } },
  ],
  [
    "a block of pointers that serves twice",
    "pointers",
    (i) => i.put(i.blockStart("fragments") + 52, 4, i.get(i.blockStart("fragments") + 48, 4)),
    read("fragments"),
    { code: "bad-field", message: /twice/ },
  ],
  [
    "a block of pointers that leads to itself",
    "pointers",
    (i) => {
      const block = i.get(i.blockStart("fragments") + 52, 4);
      i.put(block * 1024, 4, block);
    },
    read("fragments"),
    { code: "bad-field", message: /twice/ },
  ],
];

describe("extents", () => {
  expectRefusals(extents);
});

describe("block pointers", () => {
  expectRefusals(pointers);
});
