import { expect } from "vitest";
import type { KernelResult } from "./kernel-case.ts";
import { type KernelEngine, runKernelCases } from "./kernel-engine.ts";
import { readVerdict, verifiedBlocks } from "./our-verdict.ts";
import { volumeCase } from "./volume.ts";
import type { NamedVolume } from "./volume-cases.ts";

/**
 * Expects of `verifyVerity` and `VerityDevice` what a kernel made of a volume: it opens, the same
 * blocks are unreadable, and the others hold the same bytes.
 */
export async function expectSameVerdict(result: KernelResult, { name, volume }: NamedVolume): Promise<void> {
  const verdict = await readVerdict(volume);
  expect(result, name).toMatchObject({ openStatus: 0, openOutput: "", ...verdict });
  expect(result.unreadable, name).toEqual(await verifiedBlocks(volume));
}

/** Puts volumes before a kernel in one boot, expects the same verdicts of us, and returns the kernel's. */
export async function expectAgreement(
  engine: KernelEngine,
  volumes: readonly NamedVolume[],
): Promise<readonly KernelResult[]> {
  const cases = volumes.map(({ name, volume }) => volumeCase(name, volume));
  const { results } = await runKernelCases(engine, cases);
  for (const [index, named] of volumes.entries()) {
    const result = results[index];
    if (result === undefined) throw new Error(`no result for ${named.name}`);
    await expectSameVerdict(result, named);
  }
  return results;
}
