/**
 * Each action as a process of its own, which the other tests of the command do
 * not start: it ends, with the outcome that it has within another process.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldenImage, goldenLayers } from "../image/golden-image.ts";
import { goldenImage as goldenLayer, imageBytes } from "../layer/golden-images.ts";
import { goldenTars } from "../layer/golden-layers.ts";
import { goldenData, goldenFile, goldenVolume } from "../verity/golden.ts";
import { scratchFolder, sealstoneProcess } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const volume = goldenVolume("sha256-n129");
const layer = goldenLayer("deb-base-files.layer");
const rootHash = `--root-hash=${layer.result.verity_root_hash}`;
const uuid = `--uuid=${"11".repeat(16)}`;
const golden = goldenLayers(100_000).slice(0, 2);

/** A folder with something of each kind that the actions take. */
function prepared(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  const put = (file: string, bytes: Uint8Array): void => writeFileSync(join(folder, file), bytes);
  const data = goldenData(volume);
  put("data", data);
  put("spoilt", data.slice().fill(0xee, 5 * 4096, 6 * 4096));
  put("hash", goldenFile("sha256-n129.hash"));
  put("layer.img", imageBytes(layer));
  put(
    "a.tar",
    goldenTars()
      .find((tar) => tar.name === "r00-random")
      ?.bytes() ?? new Uint8Array(),
  );
  put("bad.tar", new Uint8Array(1024).fill(0x41));
  goldenImage(golden).writeTo(join(folder, "layout"));
  return folder;
}

describe("each action, as a process and within one", () => {
  test.each<[number, readonly string[]]>([
    [0, ["--version"]],
    [0, ["--help"]],
    [1, []],
    [1, ["--bogus"]],
    [0, ["verity", "format", "data", "new", "--salt=00", "--uuid=11111111-2222-4333-8444-555555555555"]],
    [0, ["verity", "format", "data", "new", "--salt=00", "--no-superblock", "--threads=2", "--json"]],
    [4, ["verity", "format", "nothing", "new"]],
    [0, ["verity", "verify", "data", "hash", volume.root_hash, "--verbose"]],
    [2, ["verity", "verify", "spoilt", "hash", volume.root_hash, "--json", "--threads=2"]],
    [1, ["verity", "verify", "data", "hash", "0".repeat(64)]],
    [0, ["verity", "dump", "hash"]],
    [4, ["verity", "dump", "nothing"]],
    [0, ["verity", "tree", "hash"]],
    [0, ["layer", "build", "a.tar", "-o", "new.img", "--json", uuid]],
    [1, ["layer", "build", "bad.tar", "-o", "new.img"]],
    [2, ["layer", "build"]],
    [0, ["layer", "roothash", "a.tar", "--threads=2"]],
    [0, ["layer", "verify", "layer.img", rootHash]],
    [1, ["layer", "verify", "layer.img", `--root-hash=${"0".repeat(64)}`]],
    [0, ["layer", "ls", "-R", "layer.img", rootHash]],
    [0, ["layer", "cat", "layer.img", "etc/debian_version", rootHash]],
    [0, ["layer", "stat", "layer.img", "etc", rootHash, "--json"]],
    [0, ["layer", "extract", "layer.img", "-o", "-", rootHash]],
    [1, ["layer", "extract", "layer.img", "nope", "-o", "out", rootHash]],
    [1, ["layer", "explain", "a.tar", "layer.img"]],
    [0, ["image", "roothash", "layout", "--json"]],
    [1, ["image", "roothash", "./nothing"]],
    [0, ["image", "build", "layout", "-o", "out", uuid, "--json"]],
    [2, ["image", "frobnicate"]],
  ])("ends with %i: sealstone %j", async (code, args) => {
    const folder = scratchFolder();
    const theirs = sealstoneProcess(prepared(folder, "a"), ...args);
    expect(theirs.code).toBe(code);
    expect(theirs).toEqual(await sealstone(prepared(folder, "b"), ...args));
  });
});
