/** `sealstone diff`: an image held against another, a tar and a folder. */
import { chmodSync, mkdirSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { TarBuilder } from "../tar/tar-builder.ts";
import { base, layerOptions, type Working, working } from "./root-images.ts";

describe("diff", () => {
  test("says what differs, and ends with 1", async () => {
    const { run } = working();
    const { code, stdout } = await run("diff", "oci:app:1", "oci:app:2");
    expect(code).toBe(1);
    expect(stdout).toBe("+ /etc/added\n- /etc/gone\n~ /etc/release (4 to 5 bytes)\n");
    const from = await run("diff", "oci:app:2", "oci:app:1", "etc", "--json");
    expect(JSON.parse(from.stdout)).toMatchObject([
      { kind: "removed", path: "/added", before: { type: "file" } },
      { kind: "added", path: "/gone" },
      { kind: "modified", path: "/release", differences: [{ field: "sizeBytes" }], after: { sizeBytes: 4 } },
    ]);
  });

  test("ends with 0 where nothing does", async () => {
    const { ok } = working();
    expect(await ok("diff", "oci:app:2", "oci:app:2")).toBe("");
    expect(await ok("diff", "oci:app:1", "oci:app:2", "usr", "--json", "--no-times")).toBe("[]\n");
  });
});

const xattrNote =
  "sealstone diff: extended attributes are not compared, since Node reads none of a folder.\n";
const isSuperuser = process.geteuid?.() === 0;

/** As somebody who may not read all: the superuser lays that down meanwhile. */
async function asOrdinaryUser<Result>(run: () => Promise<Result>): Promise<Result> {
  if (!isSuperuser) return await run();
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

/** As `working`, with the options that stand for `oci:app:2`: nothing is built anew for each command. */
async function withLayers(): Promise<Working & { readonly image: readonly string[] }> {
  const where = working();
  return { ...where, image: await layerOptions(where) };
}

describe("diff against a tar", () => {
  test("of the image itself finds nothing", async () => {
    const { ok, image } = await withLayers();
    await ok("cp", ...image, "/", "root.tar");
    expect(await ok("diff", ...image, "--against-tar", "root.tar")).toBe("");
    expect(await ok("diff", ...image, "--against-tar", "root.tar", "etc", "--json")).toBe("[]\n");
  });

  test("says what differs, and leaves nothing behind", async () => {
    const { folder, run, image } = await withLayers();
    writeFileSync(join(folder, "base.tar.gz"), gzipSync(base));
    const { code, stdout, stderr } = await run("diff", ...image, "--against-tar", "base.tar.gz");
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "- /etc/added\n+ /etc/gone\n~ /etc/release (5 to 4 bytes)\n",
      stderr: "",
    });
  });

  test("takes names of whiteouts for names, and attributes for what they are", async () => {
    const { folder, run, image } = await withLayers();
    const tar = new TarBuilder()
      .add({ name: "etc/", type: "5", mode: 0o755 })
      .file("etc/release", "new!\n", { uid: 7, pax: { "SCHILY.xattr.user.a": "b" } })
      .file("etc/.wh.gone", "")
      .file("etc/added", "")
      .end()
      .bytes();
    writeFileSync(join(folder, "other.tar"), tar);
    const { stdout } = await run("diff", ...image, "etc", "--against-tar", "other.tar");
    expect(stdout).toBe("+ /.wh.gone\n~ /release (uid 0 to 7, user.a added)\n");
  });

  test("that is malformed is refused by its name", async () => {
    const { folder, run, image } = await withLayers();
    writeFileSync(join(folder, "broken.tar"), new TarBuilder().file("x/y", "").file("x", "").end().bytes());
    const { code, stderr } = await run("diff", ...image, "--against-tar", "broken.tar");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("broken.tar: x: cannot replace"),
    });
  });
});

describe("diff against a folder", () => {
  test("that the image was copied to finds nothing, and says what was not compared", async () => {
    const { ok, run, image } = await withLayers();
    await ok("cp", ...image, "/", "same");
    const { code, stdout, stderr } = await run("diff", ...image, "--against-folder", "same");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr.startsWith(xattrNote)).toBe(true);
    expect(stderr.includes("owners are not compared")).toBe(!isSuperuser);
  });

  test("says what differs", async () => {
    const { folder, ok, run, image } = await withLayers();
    await ok("cp", ...image, "/", "changed");
    const at = (path: string): string => join(folder, "changed", path);
    writeFileSync(at("etc/release"), "nev!\n");
    utimesSync(at("etc/release"), 0, 0);
    unlinkSync(at("bin"));
    symlinkSync("usr/sbin", at("bin"));
    utimesSync(at("usr/bin/tool"), 5, 5.25);
    chmodSync(at("etc/added"), 0o4711);
    mkdirSync(at("new"));
    const { code, stdout } = await run("diff", ...image, "--against-folder", "changed", "--no-times");
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: [
        "~ /bin (target usr/bin to usr/sbin)",
        "~ /etc/added (permissions 644 to 4711)",
        "~ /etc/release (content from byte 2)",
        "+ /new/",
        "",
      ].join("\n"),
    });
    const timed = await run("diff", ...image, "usr", "--against-folder", "changed");
    expect(timed.stdout).toBe("~ /bin/tool (time of modification)\n");
  });

  test("that may not be read is refused by the file's name", async () => {
    const { folder, ok, run, image } = await withLayers();
    const diff = ["diff", ...image, "--no-times", "--against-folder", "unreadable"];
    await ok("cp", ...image, "/", "unreadable");
    // What is loaded later is not to be read by a user who may not.
    await run(...diff);
    chmodSync(join(folder, "unreadable/etc/release"), 0);
    chmodSync(folder, 0o755);
    const { code, stderr } = await asOrdinaryUser(() => run(...diff));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("cannot read unreadable/etc/release"),
    });
  });
});

test.each([
  ["both at once", ["--against-tar", "a", "--against-folder", "b"]],
  ["another image besides", ["oci:app:2", "etc", "--against-folder", "."]],
  ["its digest", ["--against-folder", ".", "--other-digest", "sha256:00"]],
  ["a folder that is a file", ["--against-folder", "app/index.json"]],
])("diff: %s is wrong usage", async (_, args) => {
  const { run, image } = await withLayers();
  const { code, stderr } = await run("diff", ...image, ...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("sealstone diff: ") });
});
