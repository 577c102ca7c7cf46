/** File systems that the real `mkfs.ext4` makes and the kernel fills, over a loop mount. */
import { execFileSync } from "node:child_process";
import {
  accessSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];

/** Runs a program, wherever the machine keeps what an administrator uses. */
export function run(program: string, args: readonly string[], input?: string): string {
  const env = { ...process.env, PATH: folders.join(":") };
  return execFileSync(program, args, {
    env,
    encoding: "latin1",
    maxBuffer: 1 << 28,
    stdio: ["pipe", "pipe", "pipe"],
    ...(input !== undefined && { input }),
  });
}

function isInstalled(program: string): boolean {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program));
      return true;
    } catch {
      return false;
    }
  });
}

/** What a machine lacks for loop mounts of ext4. */
function findMissing(): string[] {
  const packages: Record<string, string> = {
    "mkfs.ext4": "e2fsprogs",
    setfattr: "attr",
    setfacl: "acl",
    losetup: "mount",
  };
  const missing = Object.entries(packages).flatMap(([tool, name]) => (isInstalled(tool) ? [] : [name]));
  if (process.getuid?.() !== 0) missing.push("root");
  if (missing.length > 0) return missing;
  try {
    const image = makeImage(["-b", "1024"], 1 << 20);
    mounted(image, "ro", () => undefined);
    image.remove();
    return [];
  } catch {
    return ["loop mounts of ext4"];
  }
}

/**
 * A suite that needs loop mounts. Where there are none the suite is one test,
 * skipped, that says what is missing; in CI that test fails.
 */
export function describeWithLoopMounts(title: string, tests: () => void): void {
  const missing = findMissing();
  if (missing.length === 0) {
    describe(title, tests);
    return;
  }
  test.skipIf(process.env["CI"] === undefined)(`${title}: skipped for want of ${missing.join(", ")}`, () => {
    expect(missing).toEqual([]);
  });
}

/** An image file in a folder of its own. */
export interface Image {
  readonly path: string;
  readonly folder: string;
  remove(): void;
}

/** Makes an empty file system. */
export function makeImage(mkfsOptions: readonly string[], sizeBytes: number): Image {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-ext4-"));
  const path = join(folder, "image");
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  run("mkfs.ext4", ["-q", "-F", ...mkfsOptions, path]);
  return { path, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Mounts an image, lets something happen in it, and unmounts it, come what may. */
export function mounted<Result>(image: Image, options: string, use: (folder: string) => Result): Result {
  const folder = join(image.folder, "mount");
  mkdirSync(folder, { recursive: true });
  mount(["-t", "ext4", "-o", `loop,${options}`, image.path, folder]);
  try {
    return use(folder);
  } finally {
    run("umount", [folder]);
    awaitRelease(image.path);
  }
}

/** A process that was begun meanwhile in a mount namespace of its own has the mount too, until it lets go. */
function awaitRelease(path: string): void {
  const isInUse = (): boolean =>
    readdirSync("/sys/block").some((name) => {
      try {
        return readFileSync(`/sys/block/${name}/loop/backing_file`, "utf8").trim() === path;
      } catch {
        return false;
      }
    });
  for (let tries = 0; tries < 1000 && isInUse(); tries++) pause(20);
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Tests that run beside this one take loop devices too: one that was free a moment ago may be busy. */
function mount(args: readonly string[], tries = 10): void {
  try {
    run("mount", args);
  } catch (error) {
    if (tries === 1 || !String(error).includes("busy")) throw error;
    pause(50);
    mount(args, tries - 1);
  }
}
