/** `dump` beside veritysetup's, and what only ours says. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldenFile, goldenVolumes } from "../verity/golden.ts";
import { hasProgram, scratchFolder, veritysetup } from "./child-command.ts";
import { verity } from "./own-command.ts";

const volumes = goldenVolumes.filter(({ data_in_hash_file, superblock }) => !data_in_hash_file && superblock);

/** The superblock of a golden volume, with bytes written over it. */
function patched(offset: number, ...bytes: readonly number[]): Uint8Array {
  const hash = goldenFile("sha256-n129.hash");
  hash.set(bytes, offset);
  return hash;
}

describe("golden volumes", () => {
  test.each(volumes)("$name", async ({ name, hash_file, hash_offset }) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, hash_file), goldenFile(hash_file));
    const { code, stdout, stderr } = await verity(folder, "dump", hash_file, `--hash-offset=${hash_offset}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const entry: unknown = volumes.find((volume) => volume.name === name);
    if (entry === null || typeof entry !== "object" || !("dump" in entry))
      throw new Error(`no dump of ${name}`);
    expect(stdout).toBe(entry.dump);
  });

  test("as JSON", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), goldenFile("sha256-n129.hash"));
    const { code, stdout } = await verity(folder, "dump", "hash", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      algorithm: "sha256",
      hashType: 1,
      salt: "70de1560bdee7f0efa8a2524921eaff4282a819ba38d1bcccbf78a3d22b8ad5c",
      dataBlockSize: 4096,
      hashBlockSize: 4096,
      dataBlocks: 129,
      hashBlocks: 3,
      hashOffsetBytes: 0,
      superblock: true,
      uuid: "11111111-2222-4333-8444-555555555555",
    });
  });
});

describe.skipIf(!hasProgram("veritysetup"))("beside veritysetup (where that is installed)", () => {
  test.each([
    ["another UUID", patched(16, 1, 2, 3)],
    ["a count left open", patched(72, 0, 0, 0, 0, 0, 0, 0, 0)],
    ["a count of 2^40", patched(72, 0, 0, 0, 0, 0, 1, 0, 0)],
  ])("%s", async (_, hash) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), hash);
    expect(await verity(folder, "dump", "hash")).toEqual(veritysetup(folder, "dump", "hash"));
  });

  test.each([
    ["no magic bytes", patched(0, 0)],
    ["version 2", patched(8, 2)],
    ["hash type 7", patched(12, 7)],
    ["data blocks of 3 bytes", patched(64, 3, 0)],
    ["hash blocks of 2^31", patched(68, 0, 0, 0, 0x80)],
    ["an unknown hash", patched(32, 0x78)],
    ["a salt of 257 bytes", patched(80, 1, 1)],
    ["half a superblock", goldenFile("sha256-n129.hash").subarray(0, 300)],
    ["an empty file", new Uint8Array(0)],
  ])("%s is refused as there", async (_, hash) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), hash);
    const theirs = veritysetup(folder, "dump", "hash");
    const ours = await verity(folder, "dump", "hash");
    expect(theirs.code).toBe(1);
    expect(ours).toMatchObject({ code: 1, stdout: "" });
    expect(theirs.stderr).toContain("Device hash is not a valid VERITY device.");
    expect(ours.stderr).toContain("Device hash is not a valid VERITY device.");
  });

  test.each([
    ["a file that is missing", ["dump", "nothing"], 4, "Device nothing does not exist or access denied."],
    ["a folder", ["dump", "."], 4, "Device . is not compatible."],
    ["nothing at the offset", ["dump", "hash", "--hash-offset=4096"], 1, "is not a valid VERITY device."],
    ["an offset behind the end", ["dump", "hash", `--hash-offset=${2 ** 40}`], 1, "is not a valid VERITY"],
    [
      "an offset within a sector",
      ["dump", "hash", "--hash-offset=100"],
      1,
      "Unsupported VERITY hash offset.",
    ],
    [
      "an option that dump does not allow",
      ["dump", "hash", "--root-hash-file=root"],
      1,
      "Option --root-hash-file is not allowed with dump action.",
    ],
    ["a FEC device that is missing", ["dump", "hash", "--fec-device=no"], 4, "Device no does not exist"],
    [
      "options that dump does not use",
      ["dump", "hash", "--uuid=x", "--data-block-size=3", "--hash=y"],
      0,
      "",
    ],
  ])("%s", async (_, args, code, message) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), goldenFile("sha256-n129.hash"));
    const theirs = veritysetup(folder, ...args);
    const ours = await verity(folder, ...args);
    expect(theirs.code).toBe(code);
    expect(ours.code).toBe(code);
    expect(ours.stdout).toBe(theirs.stdout);
    expect(theirs.stderr).toContain(message);
    expect(ours.stderr).toContain(message);
  });

  test.each([
    ["a FEC device of its own", "fec", []],
    ["more roots", "fec", ["--fec-roots=7"]],
    ["a FEC device at an offset", "fec", ["--fec-offset=8192"]],
    ["parity on the hash device", "hash", ["--fec-offset=16384"]],
    ["parity on the hash device, without saying where", "hash", []],
  ])("%s", async (_, device, args) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), goldenFile("sha256-fec2-n300.hash"));
    writeFileSync(join(folder, "fec"), goldenFile("sha256-fec2-n300.fec"));
    const all = ["dump", "hash", `--fec-device=${device}`, ...args];
    expect(await verity(folder, ...all)).toEqual(veritysetup(folder, ...all));
  });
});

test.each([
  ["padding after the salt size", 85],
  ["padding after the salt", 88 + 32],
  ["the last byte", 511],
])("the one deliberate difference: %s is not zero", async (_, offset) => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "hash"), patched(offset, 1));
  const { code, stderr } = await verity(folder, "dump", "hash");
  expect(code).toBe(1);
  expect(stderr).toContain("padding");
});
