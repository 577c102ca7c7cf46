import { expect } from "vitest";
import { type KernelEngine, runKernelCases } from "./kernel-engine.ts";
import { verifiedVerdict } from "./our-verdict.ts";
import { volumeCase } from "./volume.ts";
import type { NamedVolume } from "./volume-cases.ts";

/**
 * Puts volumes before a kernel and before our own verification, and expects the same of both: it
 * opens, the same blocks are unreadable, the others hold the same bytes.
 *
 * @returns how many of the volumes both found corrupt.
 */
export async function expectAgreement(
  engine: KernelEngine,
  volumes: readonly NamedVolume[],
): Promise<number> {
  const cases = volumes.map(({ name, volume }) => volumeCase(name, volume));
  const { results } = await runKernelCases(engine, cases);
  for (const [index, { name, volume }] of volumes.entries()) {
    const verdict = await verifiedVerdict(volume);
    expect(results[index], name).toMatchObject({ openStatus: 0, openOutput: "", ...verdict });
  }
  return results.filter(({ status }) => status === "C").length;
}
