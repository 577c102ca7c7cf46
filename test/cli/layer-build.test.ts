/** `sealstone layer build` and `roothash`: golden layers through the command, and all that can go wrong. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { LayerOptionSet } from "../../src/layer/layer-options.ts";
import { goldenTars } from "../layer/golden-layers.ts";
import { hasProgram, type Outcome, scratchFolder, sealstoneLine, sealstoneProcess } from "./child-command.ts";
import { sealstone } from "./own-command.ts";

const uuid = "--uuid=11111111111111111111111111111111";
const small = "--max-disk-size=16GiB";

/** What the option sets are on the command line. */
const setOptions: Readonly<Record<LayerOptionSet, readonly string[]>> = {
  layer: [],
  differ: ["--no-verity"],
  plain: [small, "--no-whiteouts", "--no-verity", "--no-vhd"],
  inline: [small, "--inline-data", "--no-verity", "--no-vhd"],
  hashed: ["--max-disk-size", "17179869184", "--no-vhd"],
  nocw: ["--no-whiteouts", "--no-vhd"],
  slash: ["--convert-slash", "--no-vhd"],
};

async function layer(folder: string, ...args: readonly string[]): Promise<Outcome> {
  return await sealstone(folder, "layer", ...args);
}

/** Writes a golden tar to a folder, and gives its path. */
function storeTar(folder: string, name: string): string {
  const tar = goldenTars().find((candidate) => candidate.name === name);
  if (tar === undefined) throw new Error(`no golden tar is named ${name}`);
  const path = join(folder, `${name}.tar`);
  writeFileSync(path, tar.bytes());
  return path;
}

function resultsOf(name: string): Map<LayerOptionSet, Record<string, unknown>> {
  const tar = goldenTars().find((candidate) => candidate.name === name);
  return new Map(tar?.results.map(([set, result]) => [set, { ...result }]));
}

const names = ["12-whiteouts", "r09-random"] as const;
const sets = Object.keys(setOptions) as LayerOptionSet[];

describe.each(names)("build of %s", (name) => {
  test.each(sets)("with the options of %s", async (set) => {
    const folder = scratchFolder();
    const tar = storeTar(folder, name);
    const golden = resultsOf(name).get(set);
    const { code, stdout, stderr } = await layer(
      folder,
      "build",
      tar,
      "-o",
      "x.img",
      "--json",
      uuid,
      ...setOptions[set],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      rootHash: golden?.["verity_root_hash"],
      ext4SizeBytes: golden?.["ext4_size"],
      imageSizeBytes: golden?.["image_size"],
      imageSha256: golden?.["image_sha256"],
      ext4Sha256: golden?.["ext4_sha256"],
    });
    const written = createHash("sha256")
      .update(readFileSync(join(folder, "x.img")))
      .digest("hex");
    expect(written).toBe(golden?.["image_sha256"]);
    expect(readdirSync(folder).sort()).toEqual([`${name}.tar`, "x.img"]);
  });
});

describe("build", () => {
  test("without --output reports, and writes nothing", async () => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "01-empty");
    const golden = resultsOf("01-empty").get("layer");
    const plain = await layer(folder, "build", tar);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain(golden?.["verity_root_hash"]);
    expect(plain.stdout).toContain("not written");
    expect(sealstoneProcess(folder, "layer", "build", "-", "--json", uuid).code).toBe(0);
    const fed = spawnSync("sh", ["-c", `${sealstoneLine("layer", "build", "-", "--json", uuid)} < ${tar}`]);
    expect(JSON.parse(String(fed.stdout))).toMatchObject({ imageSha256: golden?.["image_sha256"] });
    expect(readdirSync(folder)).toEqual(["01-empty.tar"]);
  });

  test("replaces a file, also behind a link, and only when the image is whole", async () => {
    const folder = scratchFolder();
    const good = storeTar(folder, "01-empty");
    const bad = storeTar(folder, "e12-bad-checksum");
    mkdirSync(join(folder, "elsewhere"));
    const target = join(folder, "elsewhere", "image");
    writeFileSync(target, "before");
    symlinkSync(target, join(folder, "link"));
    expect((await layer(folder, "build", bad, "-o", "link")).code).toBe(1);
    expect(readFileSync(target, "utf8")).toBe("before");
    expect((await layer(folder, "build", good, "-o", "link")).code).toBe(0);
    expect(readFileSync(target).length).toBe(66048);
    expect(readdirSync(join(folder, "elsewhere"))).toEqual(["image"]);
  });

  test("two runs differ in their UUIDs alone", async () => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "01-empty");
    for (const image of ["a", "b"]) expect((await layer(folder, "build", tar, "-o", image)).code).toBe(0);
    const [a, b] = [readFileSync(join(folder, "a")), readFileSync(join(folder, "b"))];
    const differing = [...a.keys()].filter((i) => a[i] !== b[i]);
    const uuidStart = 57344 + 16;
    const footer = a.length - 512;
    expect(differing.length).toBeGreaterThan(0);
    for (const i of differing) {
      const inSuperblock = i >= uuidStart && i < uuidStart + 16;
      expect(inSuperblock || (i >= footer + 64 && i < footer + 84)).toBe(true);
    }
  });

  test.skipIf(!hasProgram("veritysetup"))("veritysetup accepts what it writes", async () => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "deb-base-files");
    const { stdout } = await layer(folder, "build", tar, "-o", "x.img", "--json");
    const { rootHash, ext4SizeBytes } = JSON.parse(stdout);
    const offset = `--hash-offset=${ext4SizeBytes}`;
    const path = { ...process.env, PATH: `${process.env["PATH"]}:/sbin:/usr/sbin` };
    const verified = spawnSync("veritysetup", ["verify", "x.img", "x.img", rootHash, offset], {
      cwd: folder,
      env: path,
    });
    expect(verified.status).toBe(0);
  });
});

describe("roothash", () => {
  test("of one tar is the hash alone; of several a line each, in their order", async () => {
    const folder = scratchFolder();
    const [a, b] = [storeTar(folder, "r00-random"), storeTar(folder, "01-empty")];
    const [hashA, hashB] = ["r00-random", "01-empty"].map(
      (name) => resultsOf(name).get("layer")?.["verity_root_hash"],
    );
    expect(await layer(folder, "roothash", a)).toEqual({ code: 0, stdout: `${hashA}\n`, stderr: "" });
    expect((await layer(folder, "roothash", a, b)).stdout).toBe(`${hashA}  ${a}\n${hashB}  ${b}\n`);
    expect(JSON.parse((await layer(folder, "roothash", b, "--json")).stdout)).toEqual({
      tar: b,
      rootHash: hashB,
      ext4SizeBytes: 57344,
    });
  });

  test("of a pipe, a FIFO and compressed tars", async () => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "r00-random");
    const hash = resultsOf("r00-random").get("layer")?.["verity_root_hash"];
    writeFileSync(`${tar}.gz`, gzipSync(readFileSync(tar)));
    expect((await layer(folder, "roothash", `${tar}.gz`)).stdout).toBe(`${hash}\n`);
    const command = sealstoneLine("layer", "roothash", "-");
    expect(String(spawnSync("sh", ["-c", `cat ${tar}.gz | ${command}`]).stdout)).toBe(`${hash}\n`);
    const substituted = `${sealstoneLine("layer", "roothash")} <(cat ${tar})`;
    expect(String(spawnSync("bash", ["-c", substituted]).stdout)).toBe(`${hash}\n`);
  });

  test.skipIf(!hasProgram("zstd"))("of a zstd tar", async () => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "r00-random");
    expect(spawnSync("zstd", ["-q", tar]).status).toBe(0);
    const hash = resultsOf("r00-random").get("layer")?.["verity_root_hash"];
    expect((await layer(folder, "roothash", `${tar}.zst`)).stdout).toBe(`${hash}\n`);
  });

  test.each([
    ["--threads=1", "--hasher=wasm"],
    ["--threads=1", "--hasher=native"],
    ["--threads=2", "--hasher=auto"],
    ["--threads=4", "--hasher=wasm"],
  ])("%s %s: the same", async (threads, hasher) => {
    const folder = scratchFolder();
    const tar = storeTar(folder, "05-sparse40m");
    const hash = resultsOf("05-sparse40m").get("layer")?.["verity_root_hash"];
    expect((await layer(folder, "roothash", tar, threads, hasher)).stdout).toBe(`${hash}\n`);
  });
});

describe("refusals end with 1, say why, and leave nothing", () => {
  test.each([
    ["a tar with a bad checksum", "e12-bad-checksum"],
    ["a tar that was cut", "e10-truncated-data"],
    ["a file given twice", "e1-overwrite-nonempty"],
  ])("%s", async (_, name) => {
    const folder = scratchFolder();
    const tar = storeTar(folder, name);
    const { code, stdout, stderr } = await layer(folder, "build", tar, "-o", "x.img");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(tar);
    expect(stderr).toContain("at byte");
    expect(readdirSync(folder)).toEqual([`${name}.tar`]);
  });

  test.each([
    ["a tar that is not there", ["nothing.tar"], "does not exist"],
    ["a folder", ["."], "it is a directory"],
    ["a folder that is not there", ["a.tar", "-o", "no/where.img"], "no/where.img"],
    ["a disk that is too small", ["a.tar", "--max-disk-size=8192"], "maximum size"],
  ])("%s", async (_, args, message) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "a.tar"), readFileSync(storeTar(folder, "r00-random")));
    const { code, stdout, stderr } = await layer(folder, "build", ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(message);
    expect(readdirSync(folder).sort()).toEqual(["a.tar", "r00-random.tar"]);
  });
});

describe("wrong usage ends with 2", () => {
  test.each([
    ["no tar", ["build"], "tar"],
    ["two tars", ["build", "a", "b"], "too many arguments"],
    ["no tar at all", ["roothash"], "tar"],
    ["a size that is none", ["build", "a", "--max-disk-size=12XB"], "128GiB"],
    ["no size", ["build", "a", "--max-disk-size=0"], "128GiB"],
    ["a UUID that is none", ["build", "a", "--uuid=12"], "32 hex digits"],
    ["no thread", ["roothash", "a", "--threads=0"], "1 to 256"],
    ["an option of another command", ["roothash", "a", "--no-vhd"], "--no-vhd: unknown option"],
    ["an unknown action", ["frobnicate"], "frobnicate"],
  ])("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await layer(scratchFolder(), ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
    expect(stderr).toContain("sealstone layer <action> --help");
  });

  test("an output that is no file", async () => {
    const folder = scratchFolder();
    const { code, stderr } = await layer(folder, "build", storeTar(folder, "01-empty"), "-o", folder);
    expect(code).toBe(2);
    expect(stderr).toContain("an image is written to a file");
  });
});

describe("help", () => {
  test.each(["build", "roothash"])("of %s", async (action) => {
    const { code, stdout } = await layer(scratchFolder(), action, "--help");
    expect(code).toBe(0);
    for (const text of ["Examples:", "--max-disk-size", "--json", "--hasher"]) expect(stdout).toContain(text);
    expect(stdout.includes("--uuid")).toBe(action === "build");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});

describe("a signal while the tar is still coming", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s ends with 130 and leaves nothing", async (signal) => {
    const folder = scratchFolder();
    const line = sealstoneLine("layer", "build", "-", "-o", join(folder, "x.img"));
    const child = spawn("sh", ["-c", `exec ${line}`], { stdio: ["pipe", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (bytes) => {
      stderr += String(bytes);
    });
    // Whoever is killed no longer reads.
    child.stdin.on("error", () => {});
    child.stdin.write(readFileSync(storeTar(folder, "r00-random")).subarray(0, 5000));
    const ended = once(child, "exit");
    while (readdirSync(folder).length < 2) await delay(20);
    await delay(300);
    child.kill(signal);
    const [code] = await ended;
    child.stdin.destroy();
    expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
    expect(existsSync(join(folder, "x.img"))).toBe(false);
    expect(readdirSync(folder)).toEqual(["r00-random.tar"]);
  });
});
