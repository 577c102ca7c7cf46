/** Descriptors, inodes, symlinks and inline data, spoilt in each way that matters. */
import { describe } from "vitest";
import { type Case, expectRefusals, far, link, list, open, read, stat } from "./refusal.ts";

const file = "two-blocks";
const cases: Case[] = [
  [
    "inode table outside",
    "extents",
    (i) => i.descriptor("inodeTableLow", far),
    open,
    { code: "does-not-fit", at: { block: 2 } },
  ],
  [
    "inode table over the superblock",
    "extents",
    (i) => i.descriptor("inodeTableLow", 1),
    open,
    { code: "does-not-fit" },
  ],
  [
    "inode table that ends outside",
    "extents",
    (i) => i.descriptor("inodeTableLow", 1399),
    open,
    { code: "does-not-fit" },
  ],
  [
    "root is a file",
    "extents",
    (i) => i.inode("", "mode", 0o100644),
    open,
    { code: "bad-field", at: { inode: 2, field: "mode" } },
  ],
  [
    "root is deleted",
    "extents",
    (i) => i.inode("", "linksCount", 0),
    open,
    { code: "bad-field", at: { inode: 2, field: "linksCount" } },
  ],
  [
    "inode is deleted",
    "extents",
    (i) => i.inode(file, "linksCount", 0),
    stat(file),
    { code: "bad-field", at: { field: "linksCount" } },
  ],
  [
    "inode of no type",
    "extents",
    (i) => i.inode(file, "mode", 0o644),
    stat(file),
    { code: "bad-field", at: { field: "mode" } },
  ],
  [
    "inode of an unknown type",
    "extents",
    (i) => i.inode(file, "mode", 0o170644),
    stat(file),
    { code: "bad-field", at: { field: "mode" } },
  ],
  [
    "more extra fields than room",
    "extents",
    (i) => i.inode(file, "extraIsize", 132),
    stat(file),
    { code: "bad-field", at: { field: "extraIsize" } },
  ],
  [
    "crooked extra fields",
    "extents",
    (i) => i.inode(file, "extraIsize", 30),
    stat(file),
    { code: "bad-field", at: { field: "extraIsize" } },
  ],
  [
    "a size past all blocks",
    "extents",
    (i) => i.inode(file, "sizeHigh", 0x8000_0000),
    stat(file),
    { code: "bad-field", at: { field: "sizeHigh" } },
  ],
  ["encrypted file", "extents", (i) => i.inode(file, "flags", 0x80800), stat(file), { code: "unsupported" }],
  ["verity file", "extents", (i) => i.inode(file, "flags", 0x180000), stat(file), { code: "unsupported" }],
  ["compressed file", "extents", (i) => i.inode(file, "flags", 0x80004), stat(file), { code: "unsupported" }],
  [
    "value of an attribute as a file",
    "extents",
    (i) => i.inode(file, "flags", 0x280000),
    stat(file),
    { code: "bad-field" },
  ],
  [
    "inline data without the feature",
    "extents",
    (i) => i.inode(file, "flags", 0x1000_0000),
    read(file),
    { code: "bad-field", at: { field: "flags" } },
  ],
  [
    "extents without the feature",
    "pointers",
    (i) => i.inode(file, "flags", 0x80000),
    read(file),
    { code: "bad-field", at: { field: "flags" } },
  ],
  [
    "attributes outside",
    "extents",
    (i) => i.inode("attributes", "xattrBlockLow", far),
    stat("attributes"),
    { code: "bad-field" },
  ],
];

const symlinks: Case[] = [
  [
    "a target of 2 MiB",
    "extents",
    (i) => i.inode("slow", "sizeLow", 1 << 21),
    link,
    { code: "bad-field", at: { field: "sizeLow" } },
  ],
  [
    "a target with a hole",
    "extents",
    (i) => i.inode("slow", "sizeLow", 5000),
    link,
    { code: "bad-field", message: /without all/ },
  ],
  [
    "a target with a NUL",
    "extents",
    (i) => i.put(i.firstBlock(i.blockStart("slow")) + 2, 1, 0),
    link,
    { code: "bad-field", message: /NUL/ },
  ],
  [
    "a short target with a NUL",
    "extents",
    (i) => i.put(i.blockStart("fast"), 1, 0),
    (files) => files.readlink("fast"),
    { code: "bad-field", message: /NUL/ },
  ],
];

const inline: Case[] = [
  [
    "more than fits",
    "inline",
    (i) => i.inode("small", "sizeLow", 200),
    read("small"),
    { code: "bad-field", at: { field: "sizeLow" } },
  ],
  [
    "no attribute to go with it",
    "inline",
    (i) => i.put(i.inodeStart("small") + 128 + 32, 4, 0),
    read("small"),
    { code: "bad-field", message: /system.data/ },
  ],
  [
    "a directory of three bytes",
    "inline",
    (i) => i.inode("sub", "sizeLow", 3),
    list("sub"),
    { code: "bad-field" },
  ],
  [
    "a directory with a crooked record",
    "inline",
    (i) => i.put(i.blockStart("sub") + 8, 2, 7),
    list("sub"),
    { code: "bad-field", at: { field: "recordLength" } },
  ],
];

describe("descriptors and inodes", () => {
  expectRefusals(cases);
});

describe("symlinks", () => {
  expectRefusals(symlinks);
});

describe("inline data", () => {
  expectRefusals(inline);
});
