import { expect, test } from "vitest";
import { SeededRandom } from "../verity/seeded-random.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { pickFecVolumes } from "./fec-cases.ts";
import { blocksIn } from "./kernel-case.ts";
import { runKernelCases } from "./kernel-engine.ts";
import { readVerdict, verifiedBlocks } from "./our-verdict.ts";
import { volumeCase } from "./volume.ts";
import { pickVolumes } from "./volume-cases.ts";

describeWithKernel("qemu", "Debian's kernel", (engine) => {
  test("reads 12 volumes and 12 corrupted copies as we do", async () => {
    const results = await expectAgreement(engine, await pickVolumes(new SeededRandom(3), 12, 1));
    expect(results.filter(({ status }) => status === "C")).toHaveLength(12);
  });

  /*
   * The kernel locates erasures among data blocks alone. Asked to do likewise we mend the same
   * blocks; located by the whole tree, never fewer.
   */
  test.each([1, 2])("mends by parity what we mend, seed %i", async (seed) => {
    const volumes = await pickFecVolumes(new SeededRandom(seed), 6);
    const { results } = await runKernelCases(
      engine,
      volumes.map(({ name, volume }) => volumeCase(name, volume)),
    );
    for (const [index, { name, volume }] of volumes.entries()) {
      const verdict = await readVerdict(volume, "data-blocks");
      expect(results[index], name).toMatchObject({ openStatus: 0, openOutput: "", ...verdict });
      expect(await verifiedBlocks(volume, "data-blocks"), name).toEqual(verdict.unreadable);
      const lost = blocksIn((await readVerdict(volume, "tree")).unreadable);
      expect(blocksIn(verdict.unreadable), name).toEqual(expect.arrayContaining(lost));
    }
    const unreadable = results.filter((result) => result.unreadable.length > 0);
    expect(unreadable.length).toBeGreaterThan(0);
    expect(unreadable.length).toBeLessThan(results.length / 2);
  });
});
