/** The `zstd` command, where it is installed. */
import { execFileSync, spawnSync } from "node:child_process";

const installed = spawnSync("zstd", ["--version"]).status === 0;

/** True where a test that needs it must be skipped: it is missing, and this is not CI. */
export const skipZstd: boolean = !installed && process.env["CI"] === undefined;

/** Compresses with the command and the given options. */
export function zstd(bytes: Uint8Array, options: readonly string[] = []): Uint8Array {
  if (!installed) throw new Error("zstd is not installed (Debian: zstd)");
  return execFileSync("zstd", ["--stdout", "--quiet", ...options], { input: bytes, maxBuffer: 1 << 30 });
}
