import { expect, test } from "vitest";
import { numbersFrom } from "../seeded-numbers.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { pickVolumes } from "./volume-cases.ts";

describeWithKernel("uml", "user-mode-linux reads what we format as we do", (engine) => {
  test.each([1, 2])("40 volumes and 80 corrupted copies, seed %i", async (seed) => {
    const volumes = await pickVolumes(numbersFrom(seed), 40, 2);
    expect(await expectAgreement(engine, volumes)).toBe(80);
  });
});
