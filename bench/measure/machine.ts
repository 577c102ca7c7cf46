/** What a figure was measured on: without it, a ratio means nothing. */
import { execFileSync } from "node:child_process";
import { cpus, totalmem } from "node:os";

/** The machine and the versions of what ran on it. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly v8: string;
  readonly openssl: string;
  /** SHA instructions in the processor decide how fast `node:crypto` hashes. */
  readonly shaInstructions: boolean;
  readonly veritysetup: string | undefined;
}

/** Reads it off the machine at hand. */
export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: firstLine("uname", ["-sr"]) ?? "unknown",
    node: process.versions.node,
    v8: process.versions.v8,
    openssl: process.versions.openssl,
    shaInstructions: / sha_ni /.test(firstLine("grep", ["-m1", "^flags", "/proc/cpuinfo"]) ?? ""),
    veritysetup: firstLine("veritysetup", ["--version"])?.replace(/ flags:.*/, ""),
  };
}

function firstLine(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
      "\n",
    )[0];
  } catch {
    return undefined;
  }
}
