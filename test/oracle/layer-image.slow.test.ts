/** The same oracles for more and larger archives: all golden ones, many random ones, packages of others. */
import { spawnSync } from "node:child_process";
import { mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeAttwImage } from "../../images/attw-image.ts";
import { writeDebianRootTar } from "../../images/debian-root.ts";
import { LayerArchive } from "../../images/layer-archive.ts";
import { judgeLayer } from "./judged-layer.ts";
import { goldenArchives, oracleFolder, randomCases, writeGolden, writeRandom } from "./oracle-cases.ts";
import { debianArchives, npmArchives } from "./package-archives.ts";
import { goldenQuirks } from "./quirks.ts";
import { describeWithTools, mustRun } from "./system-tools.ts";

/** The archives of Debian come by apt; without it, or without a network, there are none to test. */
const noApt =
  process.env["CI"] === undefined &&
  spawnSync("apt-get", ["download", "--print-uris", "base-files"]).status !== 0;

describeWithTools("more layer images and the system's own tools", () => {
  test.each(goldenArchives())("the golden archive %s", async (name) => {
    const folder = oracleFolder();
    const { findings } = await judgeLayer(writeGolden(name, folder), folder, goldenQuirks.get(name));
    expect(findings).toEqual([]);
  });

  test.each(randomCases(100, 30))("a random tree: seed $seed, $format, in $order order", async (random) => {
    const folder = oracleFolder();
    const archive = writeRandom(random, 300, folder);
    const { findings, listing } = await judgeLayer(archive, folder);
    expect(findings).toEqual([]);
    expect(listing.size).toBeGreaterThan(200);
  });

  test.skipIf(noApt)("Debian's packages (skipped where apt-get cannot download)", async () => {
    const folder = oracleFolder();
    const archives = debianArchives(folder);
    expect(archives.length).toBeGreaterThan(3);
    for (const { name, path } of archives) {
      expect((await judgeLayer(path, folder)).findings, name).toEqual([]);
    }
  });

  test.skipIf(noApt)(
    "a Debian root of more than 130 MiB (skipped where apt-get cannot download)",
    async () => {
      const folder = oracleFolder();
      const { path } = await writeDebianRootTar(join(folder, "debian.tar"), { size: "small" });
      expect(statSync(path).size).toBeGreaterThan(130 * 2 ** 20);
      expect((await judgeLayer(path, folder)).findings).toEqual([]);
    },
  );

  test("npm's packages", async () => {
    const folder = oracleFolder();
    const archives = npmArchives(fileURLToPath(new URL("../../", import.meta.url)), folder);
    expect(archives).toHaveLength(4);
    for (const { name, path } of archives) {
      expect((await judgeLayer(path, folder)).findings, name).toEqual([]);
    }
  });

  test("the layers of the attw image", async () => {
    const image = await makeAttwImage(fileURLToPath(new URL("../../", import.meta.url)));
    for (const { name, tar } of image.layers) {
      const folder = oracleFolder();
      const archive = join(folder, "layer.tar");
      writeFileSync(archive, tar);
      expect((await judgeLayer(archive, folder)).findings, name).toEqual([]);
    }
  });
});

describeWithTools("large layer images and the system's own tools", () => {
  test("a sparse file of 700 MiB, whose extents need a block of their own", async () => {
    const folder = oracleFolder();
    mkdirSync(join(folder, "tree"));
    const file = join(folder, "tree/large");
    for (const megabyte of [0, 128, 300, 699]) {
      writeFileSync(file, `at ${megabyte}`, { flag: megabyte === 0 ? "w" : "a" });
      truncateSync(file, (megabyte + 1) * 2 ** 20);
    }
    const archive = join(folder, "sparse.tar");
    mustRun("tar", ["--create", "--sparse", "--format=posix", "--file", archive, "."], join(folder, "tree"));
    const { findings, listing } = await judgeLayer(archive, folder);
    expect(findings).toEqual([]);
    expect(listing.get("large")?.sizeBytes).toBe(700 * 2 ** 20);
  });

  test("40,000 empty files", async () => {
    const folder = oracleFolder();
    const layer = new LayerArchive(new Date(1_700_000_000_000));
    for (let index = 0; index < 40_000; index++) layer.file(`many/${index}`, "");
    const archive = join(folder, "many.tar");
    writeFileSync(archive, await layer.pack());
    const { findings, listing } = await judgeLayer(archive, folder);
    expect(findings).toEqual([]);
    expect(listing.size).toBe(40_003);
  });
});
