import { expect, test } from "vitest";
import { SeededRandom } from "../verity/seeded-random.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { pickVolumes } from "./volume-cases.ts";

describeWithKernel("uml", "user-mode-linux reads what we format as we do", (engine) => {
  test.each([1, 2])("40 volumes and 80 corrupted copies, seed %i", async (seed) => {
    const results = await expectAgreement(engine, await pickVolumes(new SeededRandom(seed), 40, 2));
    expect(results.filter(({ status }) => status === "C")).toHaveLength(80);
  });
});
