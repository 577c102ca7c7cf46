/** Does the cost of a byte, or the memory, grow with the device? Sparse files up to 16 GiB. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "../measure/interleave.ts";
import { peakMemoryVariable } from "../measure/peak-memory.ts";
import { runProcess, sealstoneArguments } from "./command.ts";
import type { Prepared, Suite } from "./suite.ts";

const preload = new URL("../measure/peak-memory.js", import.meta.url).href;
const MiB = 2 ** 20;
const sizesMiB = [64, 1024, 16 * 1024] as const;
const nameOf = (sizeMiB: number): string =>
  `sealstone, ${sizeMiB < 1024 ? `${sizeMiB} MiB` : `${sizeMiB / 1024} GiB`}`;

export const flat: Suite = {
  name: "flat",
  title: "verity verify of 64 MiB, 1 GiB and 16 GiB",
  about:
    "Whole processes with two threads on sparse files: the time for a byte, and the most memory that the process held, " +
    "should not depend on the size. In the smallest, starting the process is a good part of the time.",
  pace: { rounds: 3, timeMs: 0 },
  prepare,
};

async function prepare(): Promise<Prepared> {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-bench-"));
  const contenders = [];
  for (const sizeMiB of sizesMiB) contenders.push(await contender(folder, sizeMiB));
  return {
    contenders,
    ratios: [{ of: nameOf(16 * 1024), to: nameOf(1024), atLeast: 0.95 }],
    close: async () => rmSync(folder, { recursive: true }),
  };
}

async function contender(folder: string, sizeMiB: number): Promise<Contender> {
  const data = join(folder, `${sizeMiB}.data`);
  const hash = join(folder, `${sizeMiB}.hash`);
  const memory = join(folder, `${sizeMiB}.memory`);
  const file = openSync(data, "w");
  ftruncateSync(file, sizeMiB * MiB);
  closeSync(file);
  const root = `--root-hash-file=${hash}.root`;
  await runProcess(process.execPath, sealstoneArguments(["verity", "format", data, hash, root]));
  const args = sealstoneArguments(["verity", "verify", data, hash, root, "--threads=2"], preload);
  return {
    name: nameOf(sizeMiB),
    bytes: sizeMiB * MiB,
    run: () => runProcess(process.execPath, args, { [peakMemoryVariable]: memory }),
    peakMemoryMiB: () => Number(readFileSync(memory, "utf8")) / 1024,
  };
}
