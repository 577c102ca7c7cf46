/** What `--json` prints, and `--identity`, which takes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { seedBytes } from "../verity/golden.ts";
import { scratchFolder } from "./child-command.ts";
import { verity } from "./own-command.ts";

const blocks = 200;

interface FormattedVolume {
  readonly folder: string;
  /** What `format --json` printed. */
  readonly printed: string;
  readonly identity: Record<string, unknown> & { readonly rootHash: string };
}

async function formatted(...args: readonly string[]): Promise<FormattedVolume> {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), seedBytes(blocks * 4096));
  const { code, stdout } = await verity(folder, "format", "data", "hash", "--json", "--salt=00ff", ...args);
  expect(code).toBe(0);
  writeFileSync(join(folder, "identity.json"), stdout);
  return { folder, printed: stdout, identity: JSON.parse(stdout) };
}

/** Flips a bit of a file at an offset. */
function flip(folder: string, file: "data" | "hash", offset: number, bytes: Uint8Array): void {
  bytes[offset] = (bytes[offset] as number) ^ 1;
  writeFileSync(join(folder, file), bytes);
}

describe("format --json", () => {
  test("prints the whole identity, and where it is", async () => {
    expect((await formatted("--uuid=11111111-2222-4333-8444-555555555555")).identity).toEqual({
      rootHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      algorithm: "sha256",
      hashType: 1,
      salt: "00ff",
      dataBlockSize: 4096,
      hashBlockSize: 4096,
      dataBlocks: blocks,
      hashBlocks: 3,
      hashOffsetBytes: 0,
      superblock: true,
      uuid: "11111111-2222-4333-8444-555555555555",
    });
  });

  test("without a superblock there is no UUID", async () => {
    const { identity } = await formatted("--no-superblock", "--hash-offset=512");
    expect(identity).toMatchObject({ superblock: false, hashOffsetBytes: 512 });
    expect(identity).not.toHaveProperty("uuid");
  });
});

describe("verify --json", () => {
  const well = {
    ok: true,
    rootHashMatches: true,
    unreadableBlocks: [],
    badHashBlocks: [],
    repairedBlocks: [],
  };

  test("of a good volume, its identity pinned, is these keys and no others", async () => {
    const { folder } = await formatted();
    const { code, stdout, stderr } = await verity(
      folder,
      "verify",
      "data",
      "hash",
      "--identity=identity.json",
      "--json",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(well);
  });

  test("without a pinned identity it says that the geometry was the superblock's word", async () => {
    const { folder, identity } = await formatted();
    const { code, stdout, stderr } = await verity(
      folder,
      "verify",
      "data",
      "hash",
      identity.rootHash,
      "--json",
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ ...well, geometry: "superblock" });
    expect(stderr).toContain("superblock's word");
  });

  test("names bad data blocks", async () => {
    const { folder } = await formatted();
    const data = seedBytes(blocks * 4096);
    flip(folder, "data", 5 * 4096, data);
    flip(folder, "data", 199 * 4096 + 4095, data);
    const { code, stdout, stderr } = await verity(
      folder,
      "verify",
      "data",
      "hash",
      "--identity=identity.json",
      "--json",
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ ...well, ok: false, unreadableBlocks: [5, 199] });
    expect(stderr).toContain("Verification failed at position 20480.");
    expect(stderr).toContain("2 data blocks cannot be read: 5, 199.");
  });

  test("names bad hash blocks, and the data behind them", async () => {
    const { folder } = await formatted();
    writeFileSync(join(folder, "hash"), await patchedTree(folder));
    const { code, stdout } = await verity(
      folder,
      "verify",
      "data",
      "hash",
      "--identity=identity.json",
      "--json",
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      ...well,
      ok: false,
      unreadableBlocks: Array.from({ length: 72 }, (_, i) => 128 + i),
      badHashBlocks: [{ level: 0, index: 1 }],
    });
  });

  /** The tree with the second leaf's last digest changed. */
  async function patchedTree(folder: string): Promise<Uint8Array> {
    const { stdout } = await verity(folder, "tree", "hash", "--json");
    const leaves = JSON.parse(stdout).levels[0];
    const hash = Uint8Array.from(readFileSync(join(folder, "hash")));
    const at = leaves.offsetBytes + 4096 + 71 * 32;
    hash[at] = (hash[at] as number) ^ 0x80;
    return hash;
  }
});

describe("--identity", () => {
  test("may be the text itself", async () => {
    const { folder, printed } = await formatted();
    expect(await verity(folder, "verify", "data", "hash", "--identity", printed)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("is the geometry where there is no superblock", async () => {
    const { folder } = await formatted("--no-superblock", "--hash=sha1", "--data-block-size=512");
    const args = ["--no-superblock", "--identity=identity.json"];
    expect(await verity(folder, "verify", "data", "hash", ...args)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("must be the root hash's that is given beside it", async () => {
    const { folder } = await formatted();
    const { code } = await verity(
      folder,
      "verify",
      "data",
      "hash",
      "0".repeat(64),
      "--identity=identity.json",
    );
    expect(code).toBe(1);
  });

  test("refuses an interior block offered as a small device, whose root hash is right", async () => {
    const { folder, identity } = await formatted();
    // The leaves as data: two blocks, under the same root hash as the 200.
    const tree = readFileSync(join(folder, "hash"));
    writeFileSync(join(folder, "leaves"), tree.subarray(8192, 16_384));
    const forged = Buffer.from(tree.subarray(0, 8192));
    forged.writeBigUInt64LE(2n, 72);
    writeFileSync(join(folder, "forged"), forged);
    expect((await verity(folder, "verify", "leaves", "forged", identity.rootHash)).code).toBe(0);
    const { code, stderr } = await verity(folder, "verify", "leaves", "forged", "--identity=identity.json");
    expect(code).toBe(1);
    expect(stderr).toContain("dataBlocks");
  });

  test.each([
    ["no file", "nothing.json"],
    ["a file without an end", "/dev/zero"],
    ["no JSON", "{oops"],
    ["no object", "list.json"],
    ["no fields", "{}"],
    ["no known algorithm", `{"algorithm":"md5"}`],
    ["a root hash of another length", `{"algorithm":"sha1","hashType":1,"rootHash":"aa"}`],
    [
      "no number of blocks",
      `{"algorithm":"sha1","hashType":1,"rootHash":"${"aa".repeat(20)}","salt":"","dataBlockSize":4096,"hashBlockSize":4096,"dataBlocks":-1}`,
    ],
    [
      "a block size that cannot be",
      `{"algorithm":"sha1","hashType":1,"rootHash":"${"aa".repeat(20)}","salt":"","dataBlockSize":1000,"hashBlockSize":4096,"dataBlocks":1}`,
    ],
    ["a prototype's name", `{"__proto__":{"algorithm":"sha256"}}`],
  ])("%s is refused", async (_, argument) => {
    const { folder } = await formatted();
    writeFileSync(join(folder, "list.json"), "[]");
    const { code, stdout, stderr } = await verity(folder, "verify", "data", "hash", "--identity", argument);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).not.toContain("internal error");
  });
});
