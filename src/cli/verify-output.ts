/** What `verify` says: veritysetup's lines and a summary for a person, or JSON for a program. */
import type { BlockRange } from "../verity/block-ranges.ts";
import type { VerityReport } from "../verity/verify-report.ts";
import { counted } from "./byte-quantity.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { GeometrySource } from "./volume.ts";
import type { Verification } from "./volume-verification.ts";

/** Numbers in one list of the JSON at most; `truncated` says that there are more. */
export const maxListed = 1_000_000;
/** Ranges and hash blocks that a line names. */
const maxNamed = 16;

/**
 * 0 where every block verifies; 1 where only the root hash is wrong; else 2.
 * With error correction veritysetup does not tell a wrong root hash apart.
 */
export function verifyExitCode({ report, correctedBytes }: Verification): ExitCode {
  if (report.ok) return exitCodes.success;
  const told = onlyRootHashIsWrong(report) && correctedBytes === undefined;
  return told ? exitCodes.failure : exitCodes.corrupt;
}

/** The lists are cut at `maxListed`; that the geometry was the superblock's word is said, the caller's own is not. */
export function verifyJson({ report, geometrySource }: Verification): Record<string, unknown> {
  const truncated =
    report.unreadableBlocks.blocks > maxListed ||
    report.badHashBlockCount > maxListed ||
    report.repairedBlocks.blocks > maxListed;
  return {
    ok: report.ok,
    rootHashMatches: report.rootHashMatches,
    unreadableBlocks: report.unreadableBlocks.numbers(maxListed),
    badHashBlocks: report.badHashBlocks.slice(0, maxListed).map(({ level, index }) => ({ level, index })),
    repairedBlocks: report.repairedBlocks.numbers(maxListed),
    ...(truncated ? { truncated } : {}),
    ...(geometrySource === "superblock" ? { geometry: "superblock" } : {}),
  };
}

/** The lines for standard error; none where all is well and nothing was repaired. */
export function verifyLines({ report, correctedBytes }: Verification): string[] {
  if (onlyRootHashIsWrong(report)) return ["Verification of root hash failed."];
  const lines = mismatchLines(report);
  const repaired = report.repairedBlocks.blocks + report.repairedHashBlocks.length;
  if (repaired > 0) {
    lines.push(
      `Found ${correctedBytes} repairable errors with FEC device.`,
      `${counted(repaired, "block")} repaired and checked by the tree again.`,
    );
  }
  if (report.ok) return lines;
  if (correctedBytes !== undefined) lines.push("Errors cannot be repaired with FEC device.");
  if (report.badHashBlockCount > 0) lines.push(badHashBlockLine(report));
  lines.push(unreadableLine(report));
  return lines;
}

/** The line that says whose word the geometry was; absent where it was the caller's. */
export function geometryNote(source: GeometrySource): string | undefined {
  if (source !== "superblock") return undefined;
  return "Note: block sizes, block count, salt and algorithm are the superblock's word, which the root hash does not cover. --identity pins them.";
}

function onlyRootHashIsWrong(report: VerityReport): boolean {
  return !report.rootHashMatches && report.firstMismatch === undefined && report.readFailures.length === 0;
}

function mismatchLines({ firstMismatch, readFailures, ok }: VerityReport): string[] {
  if (firstMismatch !== undefined) {
    const { kind, offsetBytes } = firstMismatch;
    const first =
      kind === "spare"
        ? `Spare area is not zeroed at position ${offsetBytes}.`
        : `Verification failed at position ${offsetBytes}.`;
    return [first, "Verification of data area failed."];
  }
  const causes = readFailures.slice(0, maxNamed).map(({ cause }) => cause.message);
  return causes.length === 0 && ok ? [] : [...causes, "Verification of data area failed."];
}

function badHashBlockLine({ badHashBlocks, badHashBlockCount }: VerityReport): string {
  const named = badHashBlocks
    .slice(0, maxNamed)
    .map(({ level, index, reason }) => `level ${level} block ${index} (${reason})`);
  return `${counted(badHashBlockCount, "hash block")} bad: ${named.join(", ")}${more(badHashBlockCount - named.length)}.`;
}

function unreadableLine({ unreadableBlocks }: VerityReport): string {
  const named: string[] = [];
  let namedBlocks = 0;
  for (const range of unreadableBlocks) {
    if (named.length === maxNamed) break;
    named.push(rangeText(range));
    namedBlocks += range.count;
  }
  const { blocks } = unreadableBlocks;
  return `${counted(blocks, "data block")} cannot be read: ${named.join(", ")}${more(blocks - namedBlocks)}.`;
}

function rangeText({ first, count }: BlockRange): string {
  return count === 1 ? String(first) : `${first}-${first + count - 1}`;
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more (--json lists them)` : "";
}
