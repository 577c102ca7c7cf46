/** Directories, spoilt in each way that matters. */
import { describe } from "vitest";
import type { ImageEditor } from "./image-editor.ts";
import { type Case, expectRefusals, list, stat } from "./refusal.ts";

const dir = (i: ImageEditor): number => i.firstBlock(i.blockStart("dir"));
const directories: Case[] = [
  [
    "a crooked record",
    "extents",
    (i) => i.put(firstName(i) + 4, 2, 34),
    list("sub"),
    { code: "bad-field", at: { field: "recordLength" } },
  ],
  [
    "a record of no bytes",
    "extents",
    (i) => i.put(dir(i) + 16, 2, 0),
    list("dir"),
    { code: "bad-field", at: { field: "recordLength" } },
  ],
  [
    "a record too small for its name",
    "extents",
    (i) => i.put(firstName(i) - 12 + 6, 1, 255),
    list("sub"),
    { code: "bad-field", at: { field: "recordLength" } },
  ],
  [
    "a record that goes past its block",
    "extents",
    (i) => i.put(dir(i) + 16, 2, 0xfffc),
    list("dir"),
    { code: "bad-field", at: { field: "recordLength" } },
  ],
  [
    "an inode out of range",
    "extents",
    (i) => i.put(dir(i) + 12, 4, 145),
    list("dir"),
    { code: "bad-field", at: { field: "inode" } },
  ],
  [
    "it is not itself",
    "extents",
    (i) => i.put(dir(i), 4, 2),
    list("dir"),
    { code: "bad-field", message: /begin with itself/ },
  ],
  [
    "no `.`",
    "extents",
    (i) => i.put(dir(i) + 8, 1, 0x61),
    list("dir"),
    { code: "bad-field", message: /begin with itself/ },
  ],
  [
    "no `..`",
    "extents",
    (i) => i.put(dir(i) + 12, 4, 0),
    list("dir"),
    { code: "bad-field", message: /begin with itself/ },
  ],
  [
    "an empty directory file",
    "extents",
    (i) => i.inode("dir", "sizeLow", 0),
    list("dir"),
    { code: "bad-field", at: { field: "sizeLow" } },
  ],
  [
    "part of a block",
    "extents",
    (i) => i.inode("dir", "sizeLow", 1000),
    list("dir"),
    { code: "bad-field", at: { field: "sizeLow" } },
  ],
  [
    "more blocks than the file system has",
    "extents",
    (i) => i.inode("dir", "sizeLow", 0xffff_fc00),
    list("dir"),
    { code: "bad-field", at: { field: "sizeLow" } },
  ],
  [
    "a hole",
    "extents",
    (i) => i.inode("dir", "sizeLow", 100 * 1024),
    list("dir"),
    { code: "bad-field", message: /without its block/ },
  ],
  [
    "a hole, by pointers",
    "pointers",
    (i) => i.put(i.blockStart("dir"), 4, 0),
    list("dir"),
    { code: "bad-field", message: /without its block/ },
  ],
  [
    "a name with a slash",
    "extents",
    (i) => i.put(firstName(i) + 8, 1, 0x2f),
    list("sub"),
    { code: "bad-field", at: { field: "nameLength" } },
  ],
  [
    "a name with a NUL",
    "extents",
    (i) => i.put(firstName(i) + 9, 1, 0),
    list("sub"),
    { code: "bad-field", at: { field: "nameLength" } },
  ],
  [
    "a name of no bytes",
    "extents",
    (i) => i.put(firstName(i) + 6, 1, 0),
    list("sub"),
    { code: "bad-field", at: { field: "nameLength" } },
  ],
  [
    "`.` once more",
    "extents",
    (i) => {
      i.put(firstName(i) + 6, 1, 1);
      i.put(firstName(i) + 8, 1, 0x2e);
    },
    list("sub"),
    { code: "bad-field", message: /name of an entry/ },
  ],
  [
    "an inode that no name can stand for",
    "extents",
    (i) => i.put(firstName(i), 4, 8),
    stat("sub/deeper"),
    { code: "bad-field", at: { inode: 8 } },
  ],
  [
    "a circle",
    "extents",
    (i) => i.put(firstName(i), 4, i.inodeOf("sub")),
    (files) => files.readdir("/", { recursive: true }),
    { code: "bad-field", message: /more than one name/ },
  ],
  [
    "a block twice",
    "extents",
    (i) => addBlock(i, "sub", firstName(i) - 24),
    list("sub"),
    { code: "bad-field", message: /serves twice/ },
  ],
  [
    "another directory's block",
    "extents",
    (i) => addBlock(i, "sub", dir(i)),
    (files) => files.readdir("/", { recursive: true }),
    { code: "bad-field", message: /serves twice/ },
  ],
  [
    "another directory's block, by pointers",
    "pointers",
    (i) => {
      i.inode("sub", "sizeLow", 2 * 1024);
      i.put(i.blockStart("sub") + 4, 4, i.get(i.blockStart("dir"), 4));
    },
    (files) => files.readdir("/", { recursive: true }),
    { code: "bad-field", message: /serves twice/ },
  ],
];

/** Gives a directory of one block another one, in an extent of its own. */
function addBlock(i: ImageEditor, path: string, start: number): void {
  const root = i.blockStart(path);
  i.inode(path, "sizeLow", 2 * 1024);
  i.put(root + 2, 2, 2);
  i.put(root + 24, 4, 1);
  i.put(root + 28, 2, 1);
  i.put(root + 32, 4, start / 1024);
}

/** The entry of `deeper` in `sub`. */
function firstName(i: ImageEditor): number {
  return i.firstBlock(i.blockStart("sub")) + 24;
}

describe("directories", () => {
  expectRefusals(directories);
});
