/** `sealstone layer explain` as a command: what it prints, its JSON, its exit codes. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { goldenImage, imageBytes } from "../layer/golden-images.ts";
import { loadGoldenTars } from "../tar/golden-tars.ts";
import { TarBuilder } from "../tar/tar-builder.ts";
import { type Outcome, run, scratchFolder, sealstoneLine } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const tar = (mode: number): Uint8Array =>
  new TarBuilder().file("d/x", "content", { mode }).file("\u001b[31mred", "1").end().bytes();

/** A folder with two tars that differ in a mode, the first one compressed too, and a golden image with its tar. */
function prepared(): string {
  const folder = scratchFolder();
  const put = (name: string, bytes: Uint8Array): void => writeFileSync(join(folder, name), bytes);
  put("a.tar", tar(0o644));
  put("b.tar", tar(0o755));
  put("a.tar.gz", gzipSync(tar(0o644)));
  put("bad.tar", tar(0o644).fill(0x41, 0, 512));
  const image = imageBytes(goldenImage("12-whiteouts.plain"));
  put("w.img", image);
  put("w.img.gz", gzipSync(image));
  put("w.tar", loadGoldenTars().find(({ name }) => name === "12-whiteouts")?.bytes ?? new Uint8Array());
  return folder;
}

const explain = (folder: string, ...args: string[]): Promise<Outcome> =>
  sealstone(folder, "layer", "explain", ...args);

describe("two layers", () => {
  test("that differ: verdict, cause and advice come first, and no byte of a name moves the cursor", async () => {
    const { code, stdout, stderr } = await explain(prepared(), "a.tar", "b.tar");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    const [verdict, a, b, , cause] = stdout.split("\n");
    expect(verdict).toBe("Different root hashes.");
    expect(a).toMatch(/^A a\.tar \(tar, 2 entries, file system of .*\): [0-9a-f]{64}$/);
    expect(b).toMatch(/^B b\.tar/);
    expect(cause).toBe(
      "d/x (entry 0 at byte 0 of A, entry 0 at byte 0 of B): the mode is 00644 in A and 00755 in B.",
    );
    expect(stdout).toContain("Entries: 1 changed, 0 moved, 0 in A alone, 0 in B alone");
    expect(stdout).toContain("mode 0100644 / 0100755");
    expect(stdout).toContain("Warning of A: name-unprintable, 1\n  \\x1b[31mred has bytes");
    expect(stdout).not.toContain("\u001b");
  });

  test("that are equal, one of them compressed, or on standard input", async () => {
    const folder = prepared();
    const { code, stdout } = await explain(folder, "a.tar", "a.tar.gz");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Equal root hashes\.\n/);
    mkdirSync(join(folder, "temporary"));
    const command = sealstoneLine("layer", "explain", "-", "a.tar");
    const line = `cat a.tar | TMPDIR="$PWD/temporary" ${command}`;
    expect(run("sh", ["-c", line], folder)).toMatchObject({ code: 0, stderr: "" });
    expect(readdirSync(join(folder, "temporary"))).toEqual([]);
  });

  test("as JSON", async () => {
    const { code, stdout } = await explain(prepared(), "a.tar", "b.tar", "--json");
    expect(code).toBe(1);
    const result: unknown = JSON.parse(stdout);
    const hex = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(result).toMatchObject({
      verdict: "different",
      a: {
        name: "a.tar",
        kind: "tar",
        rootHash: hex,
        options: { maximumDiskSizeBytes: 2 ** 37, convertWhiteout: true },
        diffId: expect.stringMatching(/^sha256:/),
        entries: 2,
        warningCounts: { "implied-parent": 1, "name-unprintable": 1 },
      },
      b: { name: "b.tar", rootHash: hex },
      causes: [{ code: "entry-changed", path: "d/x", field: "mode", advice: expect.any(String) }],
      entries: {
        changed: 1,
        first: { kind: "changed", path: "d/x", a: { index: 0, offsetBytes: 0, name: "d/x" } },
        differences: [{ fields: [{ name: "mode", a: "00644", b: "00755" }] }],
      },
      blocks: { count: 1, runs: [{ a: { kind: "inode-table" }, fields: ["mode"] }] },
    });
  });

  test("a tar and the image that other options made of it", async () => {
    const { code, stdout } = await explain(prepared(), "w.tar", "w.img");
    expect(code).toBe(1);
    expect(stdout).toContain("B is the layer of A with a maximum disk size of 16 GiB, not");
    expect(stdout).toContain("B is the layer of A with whiteouts kept as files, not whiteouts converted.");
  });

  test("with the options that made it, they are equal", async () => {
    const { code } = await explain(
      prepared(),
      "w.tar",
      "w.img",
      "--max-disk-size",
      "16GiB",
      "--no-whiteouts",
    );
    expect(code).toBe(0);
  });
});

describe("one layer", () => {
  test("alone", async () => {
    const { code, stdout } = await explain(prepared(), "a.tar");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^One layer:\nA a\.tar/);
    expect(stdout).toContain("Warning: implied-parent, 1");
  });

  test("and a root hash", async () => {
    const folder = prepared();
    const hash = goldenImage("12-whiteouts.layer").result.verity_root_hash;
    expect(await explain(folder, "w.tar", "--root-hash", hash)).toMatchObject({ code: 0 });
    const other = await explain(
      folder,
      "w.tar",
      "--root-hash",
      goldenImage("12-whiteouts.plain").result.verity_root_hash,
    );
    expect(other.code).toBe(1);
    expect(other.stdout).toContain("The root hash is that of A with whiteouts kept as files");
  });

  test("that is malformed", async () => {
    const { code, stdout } = await explain(prepared(), "bad.tar");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Malformed: /);
  });
});

describe("wrong usage", () => {
  test.each([
    [["gone.tar"], 1, /gone\.tar/],
    [[], 2, /missing required argument/],
    [["a.tar", "b.tar", "--root-hash", "00".repeat(32)], 2, /not both/],
    [["a.tar", "--root-hash", "zz"], 2, /64 hex digits/],
    [["-", "-"], 2, /standard input is one layer/],
    [["w.img.gz"], 2, /Decompress it first/],
  ] as const)("%j", async (args, code, message) => {
    const outcome = await explain(prepared(), ...args);
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  });
});
