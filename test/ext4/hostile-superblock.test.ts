/** A superblock spoilt in each way that matters is refused, and the field is named. */
import { describe, test } from "vitest";
import { ImageEditor } from "./image-editor.ts";
import { expectRefusal, open } from "./refusal.ts";

const superblock: [field: Parameters<ImageEditor["superblock"]>[0], value: number, code: string][] = [
  ["magic", 0xef52, "bad-magic"],
  ["revisionLevel", 2, "bad-version"],
  ["logBlockSize", 7, "bad-field"],
  ["logBlockSize", 0xffff_ffff, "bad-field"],
  ["logClusterSize", 1, "bad-field"],
  ["firstDataBlock", 0, "bad-field"],
  ["firstDataBlock", 2, "bad-field"],
  ["blocksPerGroup", 0, "bad-field"],
  ["blocksPerGroup", 8193, "bad-field"],
  ["blocksCountLow", 0, "bad-field"],
  ["blocksCountLow", 1401, "does-not-fit"],
  ["inodesPerGroup", 0, "bad-field"],
  ["inodesPerGroup", 8193, "bad-field"],
  ["inodesCount", 145, "bad-field"],
  ["inodeSize", 0, "bad-field"],
  ["inodeSize", 64, "bad-field"],
  ["inodeSize", 192, "bad-field"],
  ["inodeSize", 2048, "bad-field"],
  ["firstInode", 10, "bad-field"],
];

describe("the superblock", () => {
  test.each(superblock)("%s %i", async (field, number, code) => {
    const image = new ImageEditor("extents");
    image.superblock(field, number);
    await expectRefusal(image, open, { code, at: { field } });
  });

  test.each([
    ["compression", 0x1],
    ["recover", 0x4],
    ["journalDev", 0x8],
    ["dirData", 0x1000],
    ["encrypt", 0x10000],
    ["casefold", 0x20000],
    ["0x80000000", 0x80000000],
  ])("feature %s is refused by name", async (name, bit) => {
    const image = new ImageEditor("extents");
    image.superblock("featureIncompat", (image.get(1024 + 0x60, 4) | bit) >>> 0);
    await expectRefusal(image, open, { code: "unsupported", message: new RegExp(name) });
  });

  test.each([
    ["bigalloc", 0x200],
    ["verity", 0x8000],
  ])("feature %s, of which readers need not know, is refused too", async (name, bit) => {
    const image = new ImageEditor("extents");
    image.superblock("featureRoCompat", image.get(1024 + 0x64, 4) | bit);
    await expectRefusal(image, open, { code: "unsupported", message: new RegExp(name) });
  });

  test("a journal with changes says what to do", async () => {
    const image = new ImageEditor("extents");
    image.superblock("featureIncompat", image.get(1024 + 0x60, 4) | 4);
    await expectRefusal(image, open, {
      code: "unsupported",
      message: /journal.*mount it once, or run e2fsck/,
    });
  });

  test("descriptors of a size that none has", async () => {
    for (const size of [0, 32, 96, 2048]) {
      const image = new ImageEditor("extents");
      image.superblock("featureIncompat", image.get(1024 + 0x60, 4) | 0x80);
      image.superblock("groupDescriptorSize", size);
      await expectRefusal(image, open, { code: "bad-field", at: { field: "groupDescriptorSize" } });
    }
  });

  test("a device that ends before it, or is none at all", async () => {
    for (const size of [0, 1024, 2047]) {
      const image = { bytes: new Uint8Array(size) } as ImageEditor;
      await expectRefusal(image, open, { code: "truncated" });
    }
    await expectRefusal({ bytes: new Uint8Array(4096) } as ImageEditor, open, { code: "bad-magic" });
  });
});
