import { expect, test } from "vitest";
import { numbersFrom } from "../seeded-numbers.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { formatVolume } from "./volume.ts";
import { corrupt } from "./volume-cases.ts";

describeWithKernel("uml", "user-mode-linux", (engine) => {
  test("finds the blocks unreadable that we find so", async () => {
    const parameters = { algorithm: "sha256", salt: Uint8Array.of(7, 8, 9), hashBlockSize: 512 } as const;
    const below = numbersFrom(3);
    const normal = await formatVolume({ ...parameters, hashType: 1, dataBlockSize: 1024, dataBlocks: 257 });
    const chromeOs = await formatVolume({
      ...parameters,
      ...{ hashType: 0, algorithm: "sha1", dataBlockSize: 512, dataBlocks: 130, sameDevice: true },
    });
    const volumes = [
      { name: "normal", volume: normal },
      { name: "chrome-os", volume: chromeOs },
    ];
    for (const whole of [...volumes]) volumes.push(corrupt(whole, below), corrupt(whole, below));
    expect(await expectAgreement(engine, volumes)).toBe(4);
  });
});
