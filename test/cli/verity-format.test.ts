/** `format` beside veritysetup's: the same lines, the same exit code, the same bytes on both devices. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seedBytes } from "../verity/golden.ts";
import { hasProgram, type Outcome, scratchFolder, veritysetup } from "./child-command.ts";
import { verity } from "./own-command.ts";

const salt = "70de1560bdee7f0efa8a2524921eaff4282a819ba38d1bcccbf78a3d22b8ad5c";
const uuid = "11111111-2222-4333-8444-555555555555";
const named = [`--salt=${salt}`, `--uuid=${uuid}`];
const dataSizeBytes = 300 * 4096;
const data = seedBytes(dataSizeBytes);

/** Runs both commands, each in a folder of its own that holds `data` and what `prepare` puts there. */
async function both(
  args: readonly string[],
  prepare: (folder: string) => void = () => {},
): Promise<BothOutcomes> {
  const folder = scratchFolder();
  const prepared = (name: string): string => {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "data"), data);
    prepare(own);
    return own;
  };
  const [ours, theirs] = [prepared("ours"), prepared("theirs")];
  return {
    ours: { folder: ours, outcome: await verity(ours, ...args) },
    theirs: { folder: theirs, outcome: veritysetup(theirs, ...args) },
  };
}

interface Side {
  readonly folder: string;
  readonly outcome: Outcome;
}

interface BothOutcomes {
  readonly ours: Side;
  readonly theirs: Side;
}

function expectSame({ ours, theirs }: BothOutcomes, files: readonly string[]): void {
  expect(theirs.outcome.code, theirs.outcome.stderr).toBe(0);
  expect(ours.outcome).toEqual(theirs.outcome);
  for (const file of files) {
    const bytes = readFileSync(join(ours.folder, file));
    expect(bytes.equals(readFileSync(join(theirs.folder, file))), `bytes of ${file}`).toBe(true);
    expect(statSync(join(ours.folder, file)).mode).toBe(statSync(join(theirs.folder, file)).mode);
  }
}

describe.skipIf(!hasProgram("veritysetup"))("beside veritysetup (where that is installed)", () => {
  test.each([
    ["nothing but names", []],
    ["one data block", ["--data-blocks=1"]],
    ["one data block, small hash blocks", ["--data-blocks=1", "--hash-block-size=512"]],
    ["one data block, large hash blocks", ["--data-blocks=1", "--hash-block-size=65536"]],
    ["one data block at an offset", ["--data-blocks=1", "--hash-offset=4096"]],
    ["a full leaf", ["--data-blocks=128"]],
    ["a leaf and a block", ["--data-blocks=129"]],
    ["0 data blocks, which means all", ["--data-blocks=0"]],
    ["popt's numbers", ["--data-blocks= +7"]],
    ["values apart from their names", ["--data-blocks", "9", "--hash", "sha512"]],
    ["short options", ["-h", "sha1"]],
    ["hash type 0", ["--format=0", "--hash=sha1"]],
    ["hash type 0, sha384", ["--format=0", "--hash=sha384"]],
    ["sha224", ["--hash=sha224"]],
    ["sha384", ["--hash=sha384"]],
    ["sha3-256", ["--hash=sha3-256"]],
    ["blake2b-512", ["--hash=blake2b-512"]],
    ["blake2s-256", ["--hash=blake2s-256"]],
    ["ripemd160", ["--hash=ripemd160"]],
    ["the hash name in capitals", ["--hash=SHA256"]],
    ["the UUID in capitals", ["--uuid=AAAAAAAA-2222-4333-8444-555555555555"]],
    ["no salt", ["--salt=-"]],
    ["an empty salt", ["--salt="]],
    ["the longest salt", [`--salt=${"5a".repeat(256)}`]],
    ["blocks of 512", ["--data-block-size=512", "--hash-block-size=512"]],
    ["hash blocks of 1024", ["--data-block-size=512", "--hash-block-size=1024"]],
    ["hash blocks of 64 KiB", ["--hash-block-size=65536"]],
    ["data blocks of 512 KiB", ["--data-block-size=524288", "--hash-block-size=4096"]],
    ["a hash area at an offset", ["--hash-offset=8192"]],
    ["an offset that is no multiple of the hash block", ["--hash-offset=9728", "--hash-block-size=1024"]],
    ["no superblock", ["--no-superblock"]],
    ["no superblock, at an odd offset", ["--no-superblock", "--hash-offset=4608"]],
    ["an option that only other actions use", ["--check-at-most-once"]],
    ["verbose", ["-v"]],
  ])("%s", async (_, args) => {
    expectSame(await both(["format", "data", "hash", ...named, ...args]), ["hash"]);
  });

  test("options before the action", async () => {
    expectSame(await both([...named, "--data-blocks=5", "format", "--hash=sha1", "data", "hash"]), ["hash"]);
  });

  test("a root hash file", async () => {
    const outcomes = await both(["format", "data", "hash", ...named, "--root-hash-file=root"]);
    expectSame(outcomes, ["hash", "root"]);
  });

  test.each([
    ["two roots", []],
    ["24 roots", ["--fec-roots=24"]],
    ["one data block", ["--data-blocks=1", "--fec-roots=3"]],
    ["an offset", ["--fec-offset=8192"]],
    ["small blocks", ["--data-block-size=512", "--hash-block-size=512"]],
    ["no superblock", ["--no-superblock"]],
  ])("error correction: %s", async (_, args) => {
    expectSame(await both(["format", "data", "hash", ...named, "--fec-device=fec", ...args]), [
      "hash",
      "fec",
    ]);
  });

  test("error correction in the hash file, and in one file for all", async () => {
    const offsets = ["--hash-offset=1228800", "--fec-offset=1249280", "--data-blocks=300"];
    const inOne = await both(["format", "data", "data", ...named, ...offsets, "--fec-device=data"]);
    expectSame(inOne, ["data"]);
    const inHash = await both([
      "format",
      "data",
      "hash",
      ...named,
      "--fec-device=hash",
      "--fec-offset=20480",
    ]);
    expectSame(inHash, ["hash"]);
  });

  test("error correction over a hash file that goes on after the tree", async () => {
    const args = ["format", "data", "hash", ...named, "--fec-device=fec"];
    expectSame(await both(args, (folder) => writeFileSync(join(folder, "hash"), seedBytes(100_000))), [
      "hash",
      "fec",
    ]);
  });

  test("data and tree in one file", async () => {
    const args = ["format", "data", "data", ...named, "--data-blocks=200", "--hash-offset=819200"];
    expectSame(await both(args), ["data"]);
  });

  test("a hash file that holds other things", async () => {
    const args = ["format", "data", "hash", ...named, "--hash-block-size=1024", "--hash-offset=1024"];
    expectSame(await both(args, (folder) => writeFileSync(join(folder, "hash"), seedBytes(100_000))), [
      "hash",
    ]);
  });

  test.each([
    ["a salt that is no hex", ["--salt=xyz"]],
    ["half a byte of salt", ["--salt=abc"]],
    ["a salt too long", [`--salt=${"00".repeat(257)}`]],
    ["a UUID that is none", ["--uuid=abc"]],
    ["hash type 2", ["--format=2"]],
    ["a block size that is no power of two", ["--data-block-size=1000"]],
    ["hash blocks of 1 MiB", ["--hash-block-size=1048576"]],
    ["hash blocks of 0", ["--hash-block-size=0"]],
    ["an unknown hash", ["--hash=md77"]],
    ["an offset within a sector", ["--hash-offset=100"]],
    ["more data blocks than there are", ["--data-blocks=301"]],
    ["far more data blocks than there are", ["--data-blocks=9007199254740993"]],
    ["data blocks in words", ["--data-blocks=many"]],
    ["data blocks in hex", ["--data-blocks=0x10"]],
    ["an offset with a unit", ["--hash-offset=1M"]],
    ["a block size beyond 32 bits", ["--data-block-size=4294967296"]],
    ["one root", ["--fec-device=fec", "--fec-roots=1"]],
    ["25 roots", ["--fec-device=fec", "--fec-roots=25"]],
    ["a FEC offset within a sector", ["--fec-device=fec", "--fec-offset=100"]],
    ["parity over blocks of two sizes", ["--fec-device=fec", "--data-block-size=512"]],
    ["parity in the data", ["--fec-device=data", "--fec-offset=4096"]],
    ["an unknown option", ["--bogus"]],
    ["an option that wants a value", ["--uuid"]],
    ["an option of open", ["--ignore-corruption"]],
    ["an option of close", ["--deferred"]],
  ])("%s is refused as there", async (_, args) => {
    const { ours, theirs } = await both(["format", "data", "hash", ...args]);
    expect(theirs.outcome.code).toBe(1);
    expect(ours.outcome).toMatchObject({ code: 1, stdout: "" });
    expect(ours.outcome.stderr).not.toBe("");
    expect(existsSync(join(ours.folder, "hash")), "a hash file is left").toBe(false);
  });

  test.each([
    ["a data device that is missing", ["format", "nothing", "hash"], 4],
    ["a data device that is a folder", ["format", ".", "hash"], 4],
    ["an empty data device", ["format", "/dev/null", "hash"], 4],
    ["a hash device in no folder", ["format", "data", "no/hash"], 1],
    ["a FEC device in no folder", ["format", "data", "hash", "--fec-device=no/fec"], 1],
    ["data and tree that overlap", ["format", "data", "data", "--data-blocks=9", "--hash-offset=4096"], 1],
    ["a root hash file in no folder", ["format", "data", "hash", "--root-hash-file=no/root"], 1],
    ["no hash device", ["format", "data"], 1],
    ["no device", ["format"], 1],
    ["no action", [], 1],
    ["no known action", ["frobnicate", "data", "hash"], 1],
  ])("%s", async (_, args, code) => {
    const { ours, theirs } = await both(args);
    expect(theirs.outcome.code).toBe(code);
    expect(ours.outcome.code).toBe(code);
    expect(ours.outcome.stderr).not.toBe("");
  });

  test("what is formatted here verifies there", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "data"), data);
    expect((await verity(folder, "format", "data", "hash", "--root-hash-file=root")).code).toBe(0);
    expect(veritysetup(folder, "verify", "data", "hash", "--root-hash-file=root").code).toBe(0);
  });
});

test("a salt and a UUID are random unless given", async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), data);
  const format = async (hash: string) =>
    JSON.parse((await verity(folder, "format", "data", hash, "--json")).stdout);
  const [one, other] = [await format("one"), await format("other")];
  expect(one.salt).toMatch(/^[0-9a-f]{64}$/);
  expect(one.salt).not.toBe(other.salt);
  expect(one.uuid).not.toBe(other.uuid);
  expect(one.rootHash).not.toBe(other.rootHash);
});

test("large data blocks bring veritysetup's warning", async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), data);
  const { code, stderr } = await verity(folder, "format", "data", "hash", "--data-block-size=8192");
  expect(code).toBe(0);
  expect(stderr).toBe(
    "WARNING: Kernel cannot activate device if data block size exceeds page size (4096).\n",
  );
});

test("parity may not lie in the tree, where veritysetup overwrites it", async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), data);
  const { code, stderr } = await verity(
    folder,
    "format",
    "data",
    "hash",
    "--fec-device=hash",
    "--fec-offset=4096",
  );
  expect(code).toBe(1);
  expect(stderr).toContain("Hash area overlaps with FEC area.");
});

test("a failure leaves an existing hash file at its size", async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), data);
  writeFileSync(join(folder, "hash"), "something");
  copyFileSync(join(folder, "hash"), join(folder, "before"));
  expect((await verity(folder, "format", "data", "hash", "--data-blocks=301")).code).toBe(1);
  expect(readFileSync(join(folder, "hash")).equals(readFileSync(join(folder, "before")))).toBe(true);
});
