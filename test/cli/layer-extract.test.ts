/** `sealstone layer extract`: directories and tars. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type LayerFolder, layerFolder } from "../layer/golden-layer-file.ts";
import { run, sealstoneLine } from "./child-command.ts";

const isSuperuser = process.geteuid?.() === 0;

interface Listed {
  readonly path: string;
  readonly pathHex?: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly sizeBytes?: number;
  readonly modifiedAt: string;
  readonly target?: string;
  readonly deviceMajor?: number;
  readonly deviceMinor?: number;
}

const listed = async ({ run: layer }: LayerFolder): Promise<Listed[]> =>
  JSON.parse((await layer("ls", "-R", "--json")).stdout);

const kinds: readonly (readonly [string, keyof fs.Stats])[] = [
  ["file", "isFile"],
  ["directory", "isDirectory"],
  ["symlink", "isSymbolicLink"],
  ["characterDevice", "isCharacterDevice"],
  ["blockDevice", "isBlockDevice"],
  ["fifo", "isFIFO"],
];

/** What this machine has at a path, as `ls --json` says it. */
function extracted(folder: string, { path, pathHex }: Listed): Record<string, unknown> {
  const bytes = pathHex === undefined ? Buffer.from(path) : Buffer.from(pathHex, "hex");
  const full = Buffer.concat([Buffer.from(`${folder}/`), bytes]);
  const stats = fs.lstatSync(full);
  const [type] = kinds.find(([, is]) => (stats[is] as () => boolean).call(stats)) ?? [];
  return {
    path,
    type,
    mode: (stats.mode & 0o7777).toString(8).padStart(4, "0"),
    ...(isSuperuser && { uid: stats.uid, gid: stats.gid }),
    ...(type === "file" && { sizeBytes: stats.size }),
    ...(type !== "directory" && { links: stats.nlink }),
    ...(type === "symlink" && { target: fs.readlinkSync(full) }),
    seconds: Math.floor(stats.mtimeMs / 1000),
  };
}

function wanted(entry: Listed): Record<string, unknown> {
  const { path, type, mode, uid, gid, sizeBytes, links, target, modifiedAt } = entry;
  const [whole, fraction] = modifiedAt.split(".");
  const below = modifiedAt.startsWith("-") && Number(fraction) > 0 ? 1 : 0;
  return {
    path,
    type,
    mode,
    ...(isSuperuser && { uid, gid }),
    ...(type === "file" && { sizeBytes }),
    ...(type !== "directory" && { links }),
    ...(type === "symlink" && { target }),
    seconds: Number(whole) - below,
  };
}

describe("a directory", () => {
  test.each(["deb-base-files", "08-names", "09-symlinks", "r03-random"])(
    "%s has all that was in the layer",
    async (name) => {
      const layer = layerFolder(`${name}.layer`);
      const outcome = await layer.run("extract", "-o", "out", "--json");
      expect(outcome.code).toBe(0);
      const left = new Set(JSON.parse(outcome.stdout).leftOut.map(({ path }: { path: string }) => path));
      const out = join(layer.folder, "out");
      const entries = (await listed(layer)).filter(({ path, mode, type }) => {
        // What had to be left out, such as devices where they may not be made, is said.
        const there = type === "file" || type === "directory";
        const setId = !isSuperuser && (Number.parseInt(mode, 8) & 0o6000) !== 0;
        return (there || !left.has(path)) && !setId;
      });
      expect(entries.length).toBeGreaterThan(0);
      expect(entries.map((entry) => extracted(out, entry))).toEqual(entries.map(wanted));
    },
  );

  test("holds the contents, and a file's names as one", async () => {
    const layer = layerFolder("deb-base-files.layer");
    await layer.run("extract", "etc", "-o", "out");
    const file = join(layer.folder, "out/debian_version");
    expect(fs.readFileSync(file, "utf8")).toBe((await layer.run("cat", "etc/debian_version")).stdout);
    const links = layerFolder("10-hardlinks.layer");
    await links.run("extract", "-o", "out");
    const inodes = (await listed(links))
      .filter(({ links: count, type }) => type === "file" && count > 1)
      .map(({ path }) => fs.lstatSync(join(links.folder, "out", path)).ino);
    expect(new Set(inodes).size).toBeLessThan(inodes.length);
  });

  test("leaves holes where the layer has them", async () => {
    const layer = layerFolder("40-gnusparse-posix.layer");
    expect((await layer.run("extract", "-o", "out")).code).toBe(0);
    for (const { path, type, sizeBytes } of await listed(layer)) {
      if (type === "file") expect(fs.statSync(join(layer.folder, "out", path)).size).toBe(sizeBytes);
    }
  });

  test("names what it does not get: extended attributes", async () => {
    const layer = layerFolder("14-xattrs.layer");
    const { code, stderr, stdout } = await layer.run("extract", "-o", "out", "--json");
    expect(code).toBe(0);
    expect(stderr).toContain("left out its extended attribute user.");
    expect(JSON.parse(stdout).leftOutCount).toBeGreaterThan(0);
  });

  test("as superuser has devices and whiteouts; else says so", async () => {
    const layer = layerFolder("11-devices.layer");
    const { code, stderr } = await layer.run("extract", "-o", "out");
    expect(code).toBe(0);
    for (const entry of (await listed(layer)).filter(({ deviceMajor }) => deviceMajor !== undefined)) {
      const path = join(layer.folder, "out", entry.path);
      if (stderr.includes("mknod could not")) continue;
      const { rdev } = fs.lstatSync(path, { bigint: true });
      const major = Number((rdev >> 8n) & 0xfffn);
      const minor = Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n));
      expect([major, minor]).toEqual([entry.deviceMajor, entry.deviceMinor]);
    }
  });
});

test("a symlink that Linux refuses is left out, and said to be", async () => {
  const layer = layerFolder("09-symlinks.layer");
  const { leftOut } = JSON.parse((await layer.run("extract", "-o", "out", "--json")).stdout);
  const refused = (await listed(layer)).filter(({ target }) => target === "" || (target ?? "").length > 4095);
  expect(refused.length).toBeGreaterThan(0);
  for (const { path } of refused) {
    expect(leftOut).toContainEqual({
      path,
      kind: "node",
      what: expect.stringContaining("a symlink whose target"),
    });
  }
});

describe("nothing is overwritten, and nothing is left", () => {
  test.each(["file", "directory", "dangling symlink"])("a %s is there", async (kind) => {
    const layer = layerFolder("03-rootdir.layer");
    for (const name of ["out", "out.tar"]) {
      const path = join(layer.folder, name);
      if (kind === "file") fs.writeFileSync(path, "mine");
      else if (kind === "directory") fs.mkdirSync(path);
      else fs.symlinkSync("nowhere", path);
      expect(await layer.run("extract", "-o", name)).toMatchObject({ code: 2, stdout: "" });
    }
    expect(fs.readdirSync(layer.folder).sort()).toEqual(["layer.img", "out", "out.tar"]);
  });

  test.each(["out", "out.tar"])("a corrupt block half-way, to %s", async (output) => {
    const spoil = (bytes: Uint8Array) => bytes.fill(0xee, 200 * 4096, 201 * 4096);
    const layer = layerFolder("04-sizes.layer", spoil);
    const { code, stderr } = await layer.run("extract", "-o", output);
    expect(code).toBe(1);
    expect(stderr).toContain("data block 200");
    expect(fs.readdirSync(layer.folder)).toEqual(["layer.img"]);
  });

  test("no such directory to put it in, no such path in the layer", async () => {
    const layer = layerFolder("03-rootdir.layer");
    expect(await layer.run("extract", "-o", "no/out")).toMatchObject({ code: 1, stdout: "" });
    expect(await layer.run("extract", "-o", "no/out.tar")).toMatchObject({ code: 1, stdout: "" });
    expect(await layer.run("extract", "nope", "-o", "out")).toMatchObject({ code: 1, stdout: "" });
    expect(fs.readdirSync(layer.folder)).toEqual(["layer.img"]);
  });
});

describe("a tar", () => {
  test("on standard output and in a file is the same, and GNU tar lists it", async () => {
    const layer = layerFolder("deb-base-files.layer");
    expect(await layer.run("extract", "-o", "out.tar")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const names = run("tar", ["-tf", "out.tar"], layer.folder).stdout.trim().split("\n");
    expect(names).toHaveLength((await listed(layer)).length + 1);
    expect(names).toContain("etc/debian_version");
    const command = sealstoneLine("layer", "extract", "layer.img", "-o", "-", "--root-hash", layer.rootHash);
    expect(run("sh", ["-c", `${command} | cmp - out.tar`], layer.folder)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("to a file of any name with --tar; a report and a tar are not both for standard output", async () => {
    const layer = layerFolder("03-rootdir.layer");
    expect((await layer.run("extract", "-o", "archive", "--tar")).code).toBe(0);
    expect(fs.statSync(join(layer.folder, "archive")).isFile()).toBe(true);
    expect(await layer.run("extract", "-o", "-", "--json")).toMatchObject({ code: 2, stdout: "" });
    expect(await layer.run("extract")).toMatchObject({ code: 2, stdout: "" });
  });
});
