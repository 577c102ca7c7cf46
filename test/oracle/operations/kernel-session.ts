/**
 * The real kernel's side of an operation list: one process in a mount namespace
 * of its own, which is gone with all its mounts when the answers are there.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isInstalled } from "../system-tools.ts";
import type { OperationList } from "./operation.ts";

/** What this machine lacks of what operation lists need of it, in words. */
export function missingForLists(): string[] {
  const missing = ["perl", "unshare", "mkfs.ext4", "e2fsck", "mount"].filter((name) => !isInstalled(name));
  if (process.getuid?.() !== 0) missing.push("the rights of root");
  if (process.arch !== "x64") missing.push("a processor whose system calls it has the numbers of");
  if (missing.length > 0) return missing;
  const session = new KernelSession();
  session.command(`mount -t tmpfs none /mnt && cd /mnt && mkdir l u o && ${makeExt4("i", 2 ** 20)}`);
  session.command("cd /mnt && mount -o loop i u && mkdir u/u u/w");
  session.command("cd /mnt && mount -t overlay -o lowerdir=l,upperdir=u/u,workdir=u/w none o");
  try {
    session.play();
    return [];
  } catch (error) {
    return [`mounts of ext4 and of overlayfs (${error})`];
  }
}

const program: string = fileURLToPath(new URL("kernel-executor.pl", import.meta.url));

/** What to do, in order, and then all answers of it. */
export class KernelSession {
  readonly #plan: string[] = [];
  readonly #readers: ((lines: string[]) => void)[] = [];

  /** Runs a shell command, which must succeed. */
  command(text: string): void {
    this.#plan.push(`!${text}`);
  }

  /** Makes calls with a folder as root; their answers are in the array when `play` is through. */
  run(folder: string, list: OperationList): readonly string[] {
    this.#plan.push(`run ${folder}`, ...list, "end");
    const answers: string[] = [];
    this.#readers.push((lines) => answers.push(...lines.splice(0, list.length)));
    return answers;
  }

  /** Takes a snapshot below a folder; it is in the array when `play` is through. */
  snapshot(folder: string): readonly string[] {
    this.#plan.push(`snapshot ${folder}`);
    const seen: string[] = [];
    this.#readers.push((lines) => seen.push(...lines.splice(0, lines.indexOf("end") + 1).slice(0, -1)));
    return seen;
  }

  /** Does it all. @throws Error where a command failed, with what it said. */
  play(): void {
    const { status, stdout, stderr, error } = spawnSync("unshare", ["--mount", "perl", program], {
      input: Buffer.from(`${this.#plan.join("\n")}\n`, "latin1"),
      encoding: "latin1",
      env: { ...process.env, LC_ALL: "C", PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
      maxBuffer: 2 ** 29,
    });
    if (error !== undefined) throw error;
    if (status !== 0 || stderr !== "") throw new Error(`the kernel's side ended with ${status}: ${stderr}`);
    const lines = stdout.split("\n").slice(0, -1);
    for (const read of this.#readers) read(lines);
    if (lines.length > 0) throw new Error(`the kernel's side said more than was asked: ${lines[0]}`);
  }
}

/** A shell command that makes an image file with an empty ext4 of mkfs's: blocks of 4 KiB and no journal, as ours. */
export function makeExt4(path: string, sizeBytes: number): string {
  return `truncate -s ${sizeBytes} '${path}' && mkfs.ext4 -q -F -b 4096 -I 256 -O ^has_journal '${path}'`;
}
