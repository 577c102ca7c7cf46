/** Extended attributes spoilt, and checksums that do not hold. */
import { describe, test } from "vitest";
import type { TreeFiles } from "../../src/tree/tree-files.ts";
import { ImageEditor } from "./image-editor.ts";
import {
  type Case,
  expectRefusal,
  expectRefusals,
  list,
  open,
  read,
  stat,
  type Use,
  value,
} from "./refusal.ts";

const xattrBlock = (i: ImageEditor): number => i.readInode("attributes", "xattrBlockLow") * 1024;
const inInode = (i: ImageEditor): number =>
  i.inodeStart("attributes") + 128 + i.readInode("attributes", "extraIsize") + 4;
const attributes: Case[] = [
  ["no magic", "extents", (i) => i.put(xattrBlock(i), 4, 0), value("user.x"), { code: "bad-magic" }],
  [
    "several blocks",
    "extents",
    (i) => i.put(xattrBlock(i) + 8, 4, 2),
    value("user.x"),
    { code: "bad-field", at: { field: "blocks" } },
  ],
  [
    "a name past the end",
    "extents",
    (i) => i.bytes.fill(0xff, xattrBlock(i) + 32, xattrBlock(i) + 1024),
    value("user.x"),
    { code: "bad-field", message: /cut off/ },
  ],
  [
    "entries without an end",
    "extents",
    (i) => i.bytes.fill(1, inInode(i), i.inodeStart("attributes") + 256),
    value("user.x"),
    { code: "bad-field" },
  ],
  [
    "a value past the end",
    "extents",
    (i) => i.put(inInode(i) + 2, 2, 200),
    value("user.x"),
    { code: "bad-field", message: /not where values can be/ },
  ],
  [
    "a value over the entries",
    "extents",
    (i) => i.put(inInode(i) + 2, 2, 0),
    value("user.x"),
    { code: "bad-field", message: /not where values can be/ },
  ],
  [
    "a value of 4 GiB",
    "extents",
    (i) => i.put(inInode(i) + 8, 4, 0xffff_ffff),
    value("user.x"),
    { code: "bad-field", message: /4294967295/ },
  ],
  [
    "a value in an inode, without the feature",
    "extents",
    (i) => i.put(inInode(i) + 4, 4, 12),
    value("user.x"),
    { code: "bad-field", message: /feature/ },
  ],
  [
    "a value in an inode that is a file",
    "inline",
    (i) => i.put(inInode(i) + 4, 4, i.inodeOf("small")),
    (files) => allValues(files),
    { code: "bad-field", message: /no value/ },
  ],
  [
    "a name with a NUL",
    "extents",
    (i) => i.put(inInode(i) + 16, 1, 0),
    value("user.x"),
    { code: "bad-field", message: /NUL/ },
  ],
];

/** Whichever attribute was spoilt, one of them fails. */
async function allValues(files: TreeFiles): Promise<void> {
  for (const name of await files.listxattr("attributes")) await files.getxattr("attributes", name);
}

describe("extended attributes", () => {
  expectRefusals(attributes);
});

const file = "two-blocks";
const dir = (i: ImageEditor): number => i.firstBlock(i.blockStart("dir"));

describe("checksums", () => {
  const sums: [string, (i: ImageEditor) => number, Use][] = [
    ["the superblock", () => 1024 + 0x78, open],
    ["a descriptor", () => 2048 + 0xc, open],
    ["an inode", (i) => i.inodeStart(file) + 8, stat(file)],
    ["an inode's second half", (i) => i.inodeStart(file) + 255, stat(file)],
    ["a block of extents", (i) => i.firstChild(i.blockStart("fragments")) + 20, read("fragments")],
    ["a directory's block", (i) => i.firstBlock(i.blockStart("sub")) + 60, list("sub")],
    ["a hashed directory's first block", (i) => dir(i) + 30, list("dir")],
    ["attributes in a block", xattrBlock, value("user.x")],
  ];
  test.each(sums)("%s", async (title, place, use) => {
    const image = new ImageEditor("checksums");
    // Past the magic of the block of attributes; anywhere else the byte itself will do.
    const at = place(image) + (title.includes("attributes") ? 40 : 0);
    image.put(at, 1, image.get(at, 1) ^ 1);
    await expectRefusal(image, use, { code: "bad-checksum" });
  });

  test("of another kind", async () => {
    const image = new ImageEditor("checksums");
    image.superblock("checksumType", 2);
    await expectRefusal(image, open, { code: "unsupported", at: { field: "checksumType" } });
  });

  test("missing at the end of a directory's block", async () => {
    const image = new ImageEditor("checksums");
    image.put(image.firstBlock(image.blockStart("sub")) + 1024 - 5, 1, 0);
    await expectRefusal(image, list("sub"), { code: "bad-field", message: /no place/ });
  });
});
