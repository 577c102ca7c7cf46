/** `tree`: the drawing as text, as JSON and as a page. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldenData, goldenFile, goldenVolume } from "../verity/golden.ts";
import { scratchFolder } from "./child-command.ts";
import { verity } from "./own-command.ts";

const volume = goldenVolume("sha256-fec2-n300");
const root = volume.root_hash;

/** The volume of 300 blocks and three leaves, with bits flipped at these offsets. */
function folderWith(damage: { data?: readonly number[]; hash?: readonly number[] }): string {
  const folder = scratchFolder();
  const files = { data: goldenData(volume), hash: goldenFile(volume.hash_file) };
  for (const name of ["data", "hash"] as const) {
    for (const offset of damage[name] ?? []) files[name][offset] = (files[name][offset] as number) ^ 4;
    writeFileSync(join(folder, name), files[name]);
  }
  writeFileSync(join(folder, "fec"), goldenFile("sha256-fec2-n300.fec"));
  return folder;
}

/** Of the second leaf, which answers for the blocks from 128 to 255. */
const inSecondLeaf = 8192 + 4096 + 5;

describe("the shape alone", () => {
  test("levels, places, what a corrupt block takes with it", async () => {
    const { code, stdout, stderr } = await verity(folderWith({}), "tree", "hash");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("300 data blocks of 4096 bytes (1.17 MiB) under 4 hash blocks");
    expect(stdout).toMatch(/level 1 +1 +4096–8191 +300 data blocks/);
    expect(stdout).toMatch(/level 0 +3 +8192–20479 +128 data blocks/);
    expect(stdout).toContain("A corrupt hash block of level 0 takes 128 data blocks with it.");
    expect(stdout).toContain("A corrupt hash block of level 1 takes 300 data blocks with it: all there is.");
  });

  test("as JSON", async () => {
    const { stdout } = await verity(folderWith({}), "tree", "hash", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      dataBlocks: 300,
      digestsPerBlock: 128,
      levels: [
        { level: 0, firstBlock: 2, blocks: 3, offsetBytes: 8192, dataBlocksPerHashBlock: 128 },
        { level: 1, firstBlock: 1, blocks: 1, offsetBytes: 4096, dataBlocksPerHashBlock: 300 },
      ],
    });
  });

  test("a single data block has no tree above it", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "hash"), goldenFile("sha256-n1.hash"));
    const { code, stdout } = await verity(folder, "tree", "hash", "--block=0");
    expect(code).toBe(0);
    expect(stdout).toContain("1 data block of 4096 bytes");
    expect(stdout).not.toContain("level");
  });

  test("the path to a block", async () => {
    const { stdout } = await verity(folderWith({}), "tree", "hash", "--block", "130", "--json");
    const hash = goldenFile(volume.hash_file);
    const hex = (offset: number) => Buffer.from(hash.subarray(offset, offset + 32)).toString("hex");
    expect(JSON.parse(stdout).path).toEqual({
      block: 130,
      steps: [
        { level: 1, index: 0, slot: 1, offsetBytes: 4096, digest: hex(4096 + 32) },
        { level: 0, index: 1, slot: 2, offsetBytes: 12_288, digest: hex(12_288 + 64) },
      ],
    });
  });

  test.each([
    ["a block that is not there", ["tree", "hash", "--block=300"], 1],
    ["a device that is not there", ["tree", "nothing"], 4],
    ["a device without a superblock", ["tree", "data"], 1],
    ["no superblock and no count", ["tree", "hash", "--no-superblock", "--salt=-"], 1],
    ["a page that cannot be written", ["tree", "hash", "--html=no/page.html"], 1],
  ])("%s is refused", async (_, args, code) => {
    const outcome = await verity(folderWith({}), ...args);
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).not.toBe("");
  });

  test("without a superblock the options say the shape", async () => {
    const args = ["tree", "hash", "--no-superblock", "--salt=-", "--data-blocks=300", "--hash-offset=4096"];
    const { code, stdout } = await verity(folderWith({}), ...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/level 1 +1 +4096–8191/);
  });
});

describe("a volume that is verified", () => {
  test("good", async () => {
    const { code, stdout } = await verity(folderWith({}), "tree", "data", "hash", root);
    expect(code).toBe(0);
    expect(stdout).toContain("All 300 data blocks verify.");
    expect(stdout.match(/X/g)).toHaveLength(1);
  });

  test("bad data blocks, and what lies behind a bad hash block, on the map and on the path", async () => {
    const folder = folderWith({ data: [3 * 4096, 299 * 4096], hash: [inSecondLeaf] });
    const { code, stdout } = await verity(folder, "tree", "data", "hash", root, "--block=200");
    expect(code).toBe(2);
    expect(stdout).toContain("130 of 300 data blocks cannot be read.");
    expect(stdout).toMatch(/level 0: 3 blocks\n +0 {2}\.X\.\n/);
    const map = [...stdout.matchAll(/^ +\d+ {2}([.Xr-]+)$/gm)]
      .map(([, row]) => row)
      .slice(2)
      .join("");
    expect(map).toBe(`${"."}..X${".".repeat(124)}${"-".repeat(128)}${".".repeat(43)}X`);
    expect(stdout).toContain("level 0, block 1 at byte 12288, slot 72: BAD");
    expect(stdout).toContain("data block 200 at byte 819200: not vouched for");
  });

  test("a wrong root hash vouches for nothing", async () => {
    const { code, stdout } = await verity(folderWith({}), "tree", "data", "hash", "0".repeat(64));
    expect(code).toBe(1);
    expect(stdout).toContain("The root hash does not fit");
  });

  test("repaired blocks", async () => {
    const args = ["tree", "data", "hash", root, "--fec-device=fec"];
    const { code, stdout } = await verity(folderWith({ data: [70 * 4096] }), ...args);
    expect(code).toBe(0);
    expect(stdout).toContain("Every block verifies, 1 of them after repair.");
    expect(stdout).toMatch(/ 64 {2}\.{6}r\./);
  });

  test("as JSON it holds what verify says", async () => {
    const folder = folderWith({ data: [3 * 4096] });
    const { stdout } = await verity(folder, "tree", "data", "hash", root, "--json");
    const alone = await verity(folder, "verify", "data", "hash", root, "--json");
    expect(JSON.parse(stdout).verified).toEqual(JSON.parse(alone.stdout));
  });
});

describe("the page", () => {
  /** Writes the page and reads it back. */
  async function page(folder: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await verity(folder, "tree", ...args, "--html=page.html");
    expect(stdout).toBe("");
    return readFileSync(join(folder, "page.html"), "utf8");
  }

  test("needs nothing but itself", async () => {
    const html = await page(folderWith({ data: [0] }), "data", "hash", root, "--block=1");
    expect(html).not.toMatch(/<(script|link|img|iframe|object)\b/);
    expect(html).not.toMatch(/\b(src|href|url|@import)\b\s*[=(]/);
    expect(html).toContain("prefers-color-scheme: dark");
    expect(html).toContain('name="viewport"');
  });

  test("shows each bad block, and says what it is", async () => {
    const folder = folderWith({ data: [3 * 4096], hash: [inSecondLeaf] });
    const html = await page(folder, "data", "hash", root);
    expect(html).toContain("129 of 300 data blocks cannot be read.");
    expect(html).toMatch(/<rect class="bad"[^>]*><title>data block 3: bad</);
    expect(html).toMatch(/<rect class="bad"[^>]*><title>hash block 1: bad</);
    expect(
      html.match(/<rect class="lost"[^>]*><title>data block \d+: behind a bad hash block</g)?.length,
    ).toBeGreaterThanOrEqual(128);
    expect(html).toContain("takes data blocks 128–255 with it");
  });

  test("is well-formed, and of the shape alone where nothing was verified", async () => {
    const html = await page(folderWith({}), "hash");
    expect(html).toContain("Shape only");
    expect(html).not.toContain('<rect class="bad"');
    const open = html.match(/<(section|div|svg|p|ul|li|dl|table|main|header)\b/g) ?? [];
    const closed = html.match(/<\/(section|div|svg|p|ul|li|dl|table|main|header)>/g) ?? [];
    expect(open.length).toBe(closed.length);
  });

  test("a device's name is text, whatever it holds", async () => {
    const folder = folderWith({});
    const name = `<b onload="x">&'.hash`;
    writeFileSync(join(folder, name), goldenFile(volume.hash_file));
    const html = await page(folder, name);
    expect(html).not.toContain("<b onload");
    expect(html).toContain("&#60;b onload=&#34;x&#34;&#62;&#38;&#39;.hash");
  });
});
