/** The real `veritysetup`, where it is installed. */
import { execFile, spawnSync } from "node:child_process";
import { toHex } from "../../src/bytes/hex.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import type { VerityPlacement } from "../../src/verity/placement.ts";
import type { VerityReport } from "../../src/verity/verify-report.ts";

/** Its path; Debian's is outside an ordinary user's search path. */
const program = ["veritysetup", "/usr/sbin/veritysetup", "/sbin/veritysetup"].find(
  (path) => spawnSync(path, ["--version"]).status === 0,
);

/** True where a test that needs it must be skipped: it is missing, and this is not CI. */
export const skipVeritysetup: boolean = program === undefined && process.env["CI"] === undefined;

/** What a run said. */
export interface VeritysetupResult {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs it; a non-zero exit is a result, not an error. */
export function veritysetup(args: readonly string[]): Promise<VeritysetupResult> {
  if (program === undefined) throw new Error("veritysetup is not installed (Debian: cryptsetup-bin)");
  return new Promise((resolve) => {
    const child = execFile(program, args, (_error, stdout, stderr) => {
      resolve({ rc: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

/** The options that describe a volume's parameters and placement. */
export function volumeOptions(
  parameters: VerityParameters,
  placement: VerityPlacement,
  dataBlocks: number,
): string[] {
  const { hashType, algorithm, salt, dataBlockSize, hashBlockSize } = parameters;
  const options = [
    ["--format", String(hashType)],
    ["--hash", algorithm],
    ["--salt", salt.length === 0 ? "-" : toHex(salt)],
    ["--data-block-size", String(dataBlockSize)],
    ["--hash-block-size", String(hashBlockSize)],
    ["--data-blocks", String(dataBlocks)],
    ["--hash-offset", String(placement.hashOffsetBytes)],
  ].flat();
  return placement.superblock ? options : [...options, "--no-superblock"];
}

/** The root hash in the output of `format`. */
export function printedRootHash(stdout: string): string | undefined {
  return /^Root hash:\s*([0-9a-f]+)$/m.exec(stdout)?.[1];
}

/** The exit code of `verify` and the first line it prints. */
export interface VerifyVerdict {
  readonly rc: number;
  readonly line: string;
}

/** What veritysetup would say where we found what the report says (without FEC). */
export function verdictLikeVeritysetup(report: VerityReport): VerifyVerdict {
  if (report.firstMismatch !== undefined) {
    const { kind, offsetBytes } = report.firstMismatch;
    const what = kind === "spare" ? "Spare area is not zeroed" : "Verification failed";
    return { rc: 2, line: `${what} at position ${offsetBytes}.` };
  }
  return report.rootHashMatches ? { rc: 0, line: "" } : { rc: 1, line: "Verification of root hash failed." };
}
