/**
 * Loaded into a measured process before its program (`node --import`): leaves
 * the process's peak memory, in KiB, in the file that the environment names.
 */
import { writeFileSync } from "node:fs";

/** The variable that names the file. */
export const peakMemoryVariable = "SEALSTONE_BENCH_PEAK_MEMORY";

const file = process.env[peakMemoryVariable];
if (file !== undefined) {
  process.on("exit", () => writeFileSync(file, String(process.resourceUsage().maxRSS)));
}
