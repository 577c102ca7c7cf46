/** Finished layer images, held against the kernel, GNU tar, e2fsck and veritysetup. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeAttwImage } from "../../images/attw-image.ts";
import { judgeLayer } from "./judged-layer.ts";
import { oracleFolder, randomCases, writeGolden, writeRandom } from "./oracle-cases.ts";
import { goldenQuirks } from "./quirks.ts";
import { describeWithTools } from "./system-tools.ts";

/** Some of each kind; the slow tests have them all. */
const golden = ["08-names", "10-hardlinks", "11-devices", "12-whiteouts", "14-xattrs"].concat([
  "17-times",
  "20-missing-parents",
  "34-xattr-block-order",
  "40-gnusparse-posix",
]);

describeWithTools("layer images and the system's own tools", () => {
  test.each(golden)("the golden archive %s", async (name) => {
    const folder = oracleFolder();
    const { findings } = await judgeLayer(writeGolden(name, folder), folder, goldenQuirks.get(name));
    expect(findings).toEqual([]);
  });

  test.each(randomCases(1, 3))("a random tree: seed $seed, $format, in $order order", async (random) => {
    const folder = oracleFolder();
    const archive = writeRandom(random, 80, folder);
    const { findings, listing } = await judgeLayer(archive, folder);
    expect(findings).toEqual([]);
    expect(listing.size).toBeGreaterThan(60);
  });

  test("the small layers of the attw image", async () => {
    const image = await makeAttwImage(fileURLToPath(new URL("../../", import.meta.url)));
    for (const { name, tar } of image.layers.filter(({ tar }) => tar.length < 2 ** 20)) {
      const folder = oracleFolder();
      const archive = join(folder, "layer.tar");
      writeFileSync(archive, tar);
      expect((await judgeLayer(archive, folder)).findings, name).toEqual([]);
    }
  });
});
