/**
 * The system's own tools: the kernel's ext4 by loop mounts, e2fsck, GNU tar.
 * Where one is missing, the tests that need it are skipped, and say so; in CI
 * they fail.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listDisk } from "./disk-listing.ts";
import type { TreeListing } from "./tree-listing.ts";

/** What a program said. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, in English; a failure is an answer. */
export function runTool(program: string, args: readonly string[], cwd?: string): Said {
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: "latin1",
    env: { ...process.env, LC_ALL: "C", PATH: path },
    maxBuffer: 2 ** 28,
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}

/** As `runTool`, for programs that must succeed. */
export function mustRun(program: string, args: readonly string[], cwd?: string): string {
  const { code, stdout, stderr } = runTool(program, args, cwd);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

/** What this machine lacks of what the oracles need, in words; empty where it lacks nothing. */
function missingTools(): string[] {
  const programs = ["tar", "getfattr", "setfattr", "mount", "umount", "e2fsck", "veritysetup"];
  const missing = programs.filter((name) => !isInstalled(name));
  if (process.getuid?.() !== 0) missing.push("the rights of root");
  else if (!missing.includes("mount") && !canMount()) missing.push("loop mounts of ext4");
  return missing;
}

/** Whether the machine has a program, wherever it keeps what an administrator uses. */
export function isInstalled(program: string): boolean {
  const path = `${process.env["PATH"]}:/usr/sbin:/sbin`;
  return spawnSync("sh", ["-c", `command -v ${program}`], { env: { PATH: path } }).status === 0;
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-mount-"));
  try {
    const image = join(folder, "image");
    writeFileSync(image, "");
    spawnSync("truncate", ["--size=1M", image]);
    spawnSync("/usr/sbin/mkfs.ext4", ["-q", "-F", image]);
    const mounted = spawnSync("mount", ["-o", "loop,ro,noload", "-t", "ext4", image, folder]).status === 0;
    if (mounted) spawnSync("umount", [folder]);
    return mounted;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A suite that needs the system's tools: elsewhere one test, skipped, that names what is missing. */
export function describeWithTools(title: string, tests: () => void): void {
  describeUnlessMissing(missingTools(), title, tests);
}

/** A suite for where nothing is missing: elsewhere one test, skipped, that names what is. */
export function describeUnlessMissing(missing: readonly string[], title: string, tests: () => void): void {
  if (missing.length > 0) {
    test.skipIf(process.env["CI"] === undefined)(
      `${title}: skipped for want of ${missing.join(", ")}`,
      () => {
        expect(missing).toEqual([]);
      },
    );
    return;
  }
  describe(title, tests);
}

/** What the kernel shows of an ext4 image, mounted read-only without its journal. */
export function listMounted(image: string): TreeListing {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-mount-"));
  try {
    mustRun("mount", ["-o", "loop,ro,noload", "-t", "ext4", image, folder]);
    try {
      return listDisk(folder);
    } finally {
      mustRun("umount", [folder]);
    }
  } finally {
    rmdirSync(folder);
  }
}

/** What e2fsck finds wrong with a file system image, without the note that every compact image gets. */
export function fsckComplaints(image: string): string[] {
  const { code, stdout } = runTool("e2fsck", ["-f", "-n", image]);
  const lines = stdout.split("\n").filter((line) => line !== "" && !usualLine.test(line));
  // 4: errors left uncorrected, of which the padding of the inode bitmap is one; 8 and above: it could not look.
  return code === 0 || code === 4 ? lines : [`e2fsck ended with ${code}`, ...lines];
}

const usualLine =
  /^Pass \d|^Padding at end of inode bitmap is not set|WARNING: Filesystem still has errors|^\S+: \d+\/\d+ files|^(?:Clear|Fix)\? no/;

/** What GNU tar makes of an archive, extracted as root with all that it can keep. */
export function listExtracted(archive: string): TreeListing {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-extracted-"));
  try {
    const keeping = [
      "--xattrs",
      "--xattrs-include=*",
      "--numeric-owner",
      "--same-permissions",
      "--same-owner",
    ];
    mustRun("tar", ["--extract", "--file", archive, ...keeping, "--directory", folder]);
    return listDisk(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
