/** `verify` beside veritysetup's, on the golden corruptions and by its exit codes. */
import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { type Corruption, corruptedVolume, corruptions } from "../verity/corruptions.ts";
import { goldenData, goldenFile, goldenVolume, seedBytes } from "../verity/golden.ts";
import { hasProgram, type Outcome, scratchFolder, veritysetup } from "./child-command.ts";
import { verity } from "./own-command.ts";

const golden = fileURLToPath(new URL("../golden/verity/", import.meta.url));
const { root_hash: rootHash } = goldenVolume("sha256-n129");

/** The volume sha256-n129 in a folder of its own. */
function volumeFolder(): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), goldenData(goldenVolume("sha256-n129")));
  writeFileSync(join(folder, "hash"), goldenFile("sha256-n129.hash"));
  writeFileSync(join(folder, "root"), rootHash);
  return folder;
}

/** Writes a corrupted golden volume to files and runs `verify` on them. */
async function verifyCorruption(corruption: Corruption): Promise<Outcome> {
  const folder = scratchFolder();
  const { volume, data, hash, fec, rootHash: root } = corruptedVolume(corruption);
  writeFileSync(join(folder, "data"), data);
  writeFileSync(join(folder, "hash"), hash);
  const fecArgs: string[] = [];
  if (volume.fec_file !== undefined) {
    writeFileSync(join(folder, "fec"), fec);
    fecArgs.push("--fec-device=fec", `--fec-roots=${volume.name.includes("fec24") ? 24 : 2}`);
  }
  const offset = `--hash-offset=${volume.hash_offset}`;
  return await verity(folder, "verify", "data", "hash", toHex(root), offset, "--json", ...fecArgs);
}

const separate = corruptions.filter(({ base }) => !goldenVolume(base).data_in_hash_file);
const refused = separate.filter(({ name }) => name === "sb-pad2-changed");
const plain = separate.filter(
  ({ base, name }) => !base.includes("fec") && !refused.some((r) => r.name === name),
);
const corrected = separate.filter(({ base }) => base.includes("fec"));

describe("golden corruptions", () => {
  test.each(plain)("$name", async (corruption) => {
    const { code, stdout, stderr } = await verifyCorruption(corruption);
    const { rc, out } = corruption.userspace_verify;
    expect(code).toBe(rc);
    for (const line of out.split("\n").filter((text) => text !== ""))
      expect(stderr.split("\n")).toContain(line);
    const kernel = corruption.kernel["6.12"]?.bad_blocks ?? [];
    // The kernel's options make it answer for blocks that are not what was written.
    if (corruption.open_opts === "") expect(JSON.parse(stdout).unreadableBlocks).toEqual(kernel);
    expect(JSON.parse(stdout).ok).toBe(rc === 0);
  });

  test.each(corrected)("with error correction: $name", async (corruption) => {
    const { code, stdout } = await verifyCorruption(corruption);
    const bad = corruption.kernel["6.12"]?.bad_blocks ?? [];
    expect(JSON.parse(stdout).unreadableBlocks).toEqual(bad);
    expect(code).toBe(bad.length === 0 ? 0 : 2);
  });

  test.each(refused)("the one deliberate difference: $name", async (corruption) => {
    const { code, stdout, stderr } = await verifyCorruption(corruption);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Device hash is not a valid VERITY device.");
  });
});

describe.skipIf(!hasProgram("veritysetup"))("beside veritysetup (where that is installed)", () => {
  test.each([
    ["the root hash", [rootHash], 0],
    ["the root hash in capitals", [rootHash.toUpperCase()], 0],
    ["a root hash file", ["--root-hash-file=root"], 0],
    ["a root hash file with a newline", ["--root-hash-file=rootline"], 0],
    ["both, of which the file counts", ["0".repeat(64), "--root-hash-file=root"], 0],
    [
      "options that the superblock overrides",
      [rootHash, "--hash=sha1", "--format=7", "--data-block-size=3"],
      0,
    ],
    ["an operand too many", [rootHash, "more"], 0],
    ["verbose", [rootHash, "-v"], 0],
    ["another root hash", ["0".repeat(64)], 1],
    ["another root hash, verbose", ["0".repeat(64), "--verbose"], 1],
    ["no root hash", [], 1],
    ["a root hash too short", ["aabb"], 1],
    ["a root hash that is no hex", ["z".repeat(64)], 1],
    ["a root hash file too short", ["--root-hash-file=short"], 1],
    ["an offset with nothing at it", [rootHash, "--hash-offset=4096"], 1],
    ["an option of open", [rootHash, "--ignore-corruption"], 1],
    ["an unknown option", [rootHash, "--bogus"], 1],
    ["no superblock, and another salt", [rootHash, "--no-superblock", "--salt=aa"], 2],
    ["no superblock, at the tree", [rootHash, "--no-superblock", "--salt=aa", "--hash-offset=4096"], 2],
  ])("%s", async (_, args, code) => {
    const folder = volumeFolder();
    writeFileSync(join(folder, "rootline"), `${rootHash}\n`);
    writeFileSync(join(folder, "short"), "abc\n");
    const theirs = veritysetup(folder, "verify", "data", "hash", ...args);
    const ours = await verity(folder, "verify", "data", "hash", ...args);
    expect(theirs.code).toBe(code);
    expect({ code: ours.code, stdout: ours.stdout }).toEqual({ code, stdout: theirs.stdout });
    expect(ours.stderr).toContain(lastLine(theirs.stderr));
  });

  test.each([
    ["data", 100_000],
    ["hash", 8192],
    ["hash", 12_000],
    ["data", 0],
    ["hash", 0],
  ])("the %s device cut to %i bytes", async (file, sizeBytes) => {
    const folder = volumeFolder();
    truncateSync(join(folder, file), sizeBytes);
    const args = ["verify", "data", "hash", rootHash];
    expect(veritysetup(folder, ...args).code).toBe(1);
    expect(await verity(folder, ...args)).toMatchObject({ code: 1, stdout: "" });
  });

  test.each([
    ["verify", "nothing", "hash", rootHash],
    ["verify", "data", "nothing", rootHash],
    ["verify", ".", "hash", rootHash],
    ["verify", "data", "hash", rootHash, "--fec-device=nothing"],
  ])("a device that is not there: %s %s %s", async (...args) => {
    const folder = volumeFolder();
    const theirs = veritysetup(folder, ...args);
    const ours = await verity(folder, ...args);
    expect(theirs.code).toBe(4);
    expect(ours).toMatchObject({ code: 4, stdout: "" });
    expect(ours.stderr).toContain(theirs.stderr.split("\n")[0]);
  });

  test("without a superblock, the options are the geometry", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "data"), seedBytes(50 * 1024));
    const shape = ["--no-superblock", "--salt=0102", "--data-block-size=1024", "--hash-block-size=512"];
    const args = ["data", "hash", "--root-hash-file=root", "--hash=sha1", "--hash-offset=1024", ...shape];
    expect(veritysetup(folder, "format", ...args).code).toBe(0);
    const ours = await verity(folder, "verify", ...args, "--json");
    expect({ code: ours.code, stderr: ours.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(ours.stdout)).not.toHaveProperty("geometry");
  });
});

describe("error messages", () => {
  test("without a superblock the salt is asked for", async () => {
    const { code, stderr } = await verity(
      volumeFolder(),
      "verify",
      "data",
      "hash",
      rootHash,
      "--no-superblock",
    );
    expect(code).toBe(1);
    expect(stderr).toContain("--salt");
  });

  test("a root hash file that is missing fails, which veritysetup lets pass", async () => {
    const { code, stderr } = await verity(
      volumeFolder(),
      "verify",
      "data",
      "hash",
      "--root-hash-file=nothing",
    );
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot read root hash file nothing.");
  });

  test("an operand too many is named", async () => {
    const { stderr } = await verity(volumeFolder(), "verify", "data", "hash", rootHash, "more");
    expect(stderr).toContain("more");
  });
});

describe("root hash signatures", () => {
  const signed = ["--root-hash-signature=p7s", "--root-hash-certificate=cert"];

  function signedFolder(): string {
    const folder = volumeFolder();
    copyFileSync(join(golden, "sha256-n129.roothash.p7s"), join(folder, "p7s"));
    copyFileSync(join(golden, "sig.cert.pem"), join(folder, "cert"));
    return folder;
  }

  test("one that holds", async () => {
    const folder = signedFolder();
    const args = ["verify", "data", "hash", rootHash, ...signed];
    expect((await verity(folder, ...args)).code).toBe(0);
    expect((await verity(folder, ...args, "-v")).stderr).toContain("signature holds");
  });

  test.each([
    ["over another root hash", ["0".repeat(64), ...signed]],
    ["without a certificate", [rootHash, "--root-hash-signature=p7s"]],
    ["a certificate without it", [rootHash, "--root-hash-certificate=cert"]],
    ["that is none", [rootHash, "--root-hash-signature=root", "--root-hash-certificate=cert"]],
    ["whose file is missing", [rootHash, "--root-hash-signature=no", "--root-hash-certificate=cert"]],
    ["whose certificate is missing", [rootHash, "--root-hash-signature=p7s", "--root-hash-certificate=no"]],
  ])("one %s", async (_, args) => {
    const { code, stdout, stderr } = await verity(signedFolder(), "verify", "data", "hash", ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/signature|certificate/);
  });
});

function lastLine(text: string): string {
  return (
    text
      .trimEnd()
      .split("\n")
      .at(-1)
      ?.replace(/^veritysetup: /, "") ?? ""
  );
}
