/** `sealstone layer verify`: what it says and what it ends with. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldenImage, imageBytes } from "../layer/golden-images.ts";
import { changed, ends, put, small } from "../layer/layer-parts.ts";
import { type Outcome, scratchFolder } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const rootHash = small.result.verity_root_hash;

async function verify(bytes: Uint8Array, ...args: readonly string[]): Promise<Outcome> {
  const folder = scratchFolder();
  writeFileSync(join(folder, "layer.img"), bytes);
  writeFileSync(join(folder, "root"), `${rootHash}\n`);
  return await sealstone(folder, "layer", "verify", "layer.img", ...args);
}

test("a good image, by its root hash as an argument or in a file", async () => {
  const outcome = await verify(imageBytes(small), "--root-hash", rootHash.toUpperCase());
  expect(outcome).toEqual({ code: 0, stdout: expect.stringContaining(rootHash), stderr: "" });
  expect(outcome.stdout).toContain("14 blocks");
  expect(await verify(imageBytes(small), "--root-hash-file", "root")).toEqual(outcome);
});

test("--json says what was found", async () => {
  const { code, stdout, stderr } = await verify(imageBytes(small), "--root-hash", rootHash, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    rootHash,
    rootHashMatches: true,
    shownRootHash: rootHash,
    imageSizeBytes: ends.image,
    dataBlocks: 14,
    ext4SizeBytes: ends.fileSystem,
    uuid: "11".repeat(16),
    trailers: [
      {
        device: "layer.img",
        offsetBytes: ends.tree,
        sizeBytes: 512,
        vhdFooter: { sizeBytes: ends.tree, uniqueId: "11".repeat(16) },
      },
    ],
    problems: [],
    unreadableBlocks: [],
    badHashBlocks: [],
    truncated: false,
  });
});

test("a hash device of its own", async () => {
  const folder = scratchFolder();
  const bytes = imageBytes(small);
  writeFileSync(join(folder, "data"), bytes.subarray(0, ends.fileSystem));
  writeFileSync(join(folder, "hash"), bytes.subarray(ends.fileSystem, ends.tree));
  const args = ["layer", "verify", "data", "--hash-device", "hash", "--root-hash", rootHash];
  expect(await sealstone(folder, ...args)).toMatchObject({ code: 0, stderr: "" });
});

describe("ends with 1", () => {
  test("for another layer: both root hashes, and that it is whole", async () => {
    const other = goldenImage("03-rootdir.layer");
    const { code, stdout, stderr } = await verify(imageBytes(other), "--root-hash", rootHash);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    for (const text of [other.result.verity_root_hash, rootHash, "the image is whole", "refuse it"]) {
      expect(stderr).toContain(text);
    }
  });

  test("for corrupt blocks and metadata: all of them, on standard error and as JSON", async () => {
    const bytes = changed((image) => {
      put(8192, 1)(image);
      put(ends.fileSystem + 500, 1)(image);
    });
    const { code, stdout, stderr } = await verify(bytes, "--root-hash", rootHash, "--json");
    expect(code).toBe(1);
    expect(stderr).toContain("1 data block cannot be read: 2.");
    expect(stderr).toContain("padding is not zero");
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      unreadableBlocks: [2],
      problems: [{ name: "FormatError", code: "bad-padding", at: { field: "padding2" } }],
    });
  });

  test("for what is no image, or is not there", async () => {
    expect(await verify(new Uint8Array(100), "--root-hash", rootHash)).toMatchObject({ code: 1, stdout: "" });
    const missing = await sealstone(scratchFolder(), "layer", "verify", "nope", "--root-hash", rootHash);
    expect(missing).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("nope") });
  });
});

describe("ends with 2 for wrong usage", () => {
  test.each([
    ["no root hash", []],
    ["two root hashes", ["--root-hash", rootHash, "--root-hash-file", "root"]],
    ["a digit short", ["--root-hash", rootHash.slice(1)]],
    ["no hex digits", ["--root-hash", "x".repeat(64)]],
    ["a file without one", ["--root-hash-file", "layer.img"]],
    ["an unknown option", ["--root-hash", rootHash, "--bogus"]],
    ["another operand", ["--root-hash", rootHash, "more"]],
    ["no thread", ["--root-hash", rootHash, "--threads", "0"]],
  ])("%s", async (_, args) => {
    const { code, stdout, stderr } = await verify(imageBytes(small), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(3);
  });

  test("no image", async () => {
    expect((await sealstone(scratchFolder(), "layer", "verify")).code).toBe(2);
  });
});
