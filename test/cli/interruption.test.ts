/** A signal ends the command: with 130, and with nothing left that looks finished. */
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { scratchFolder, startSealstone } from "./child-command.ts";
import { verity } from "./own-command.ts";

/** Far more than can be hashed while the test lasts; the file is a hole. */
const endlessBytes = 2 ** 40;

/** Whether a process has a file open (by Linux's /proc). */
function hasOpen(pid: number, path: string): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(join(folder, fd)) === path;
    } catch {
      // Closed between the two calls.
      return false;
    }
  });
}

/** Starts a command, waits until `ready`, sends the signal, and waits for the end. */
async function interrupted(
  folder: string,
  args: readonly string[],
  signal: NodeJS.Signals,
  ready: (pid: number) => boolean,
): Promise<{ code: number | null; stderr: string }> {
  const child = startSealstone(folder, "verity", ...args);
  let stderr = "";
  child.stderr?.on("data", (bytes) => {
    stderr += String(bytes);
  });
  const ended = once(child, "exit");
  const { pid } = child;
  if (pid === undefined) throw new Error("the command was not started");
  while (!ready(pid)) await delay(20);
  // Far enough into the work that there is something to undo.
  await delay(500);
  child.kill(signal);
  const [code] = await ended;
  return { code, stderr };
}

describe("stopped while formatting", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s removes the file that was made", async (signal) => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "data"), "");
    truncateSync(join(folder, "data"), endlessBytes);
    const hash = join(folder, "hash");
    const args = ["format", "data", "hash", "--root-hash-file=root", "--threads=1"];
    const { code, stderr } = await interrupted(folder, args, signal, () => existsSync(hash));
    expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
    expect(existsSync(hash)).toBe(false);
    expect(existsSync(join(folder, "root"))).toBe(false);
  });

  test("a file that was there keeps its size, and its superblock is gone", async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, "small"), new Uint8Array(8192));
    expect((await verity(folder, "format", "small", "hash")).code).toBe(0);
    const hash = join(folder, "hash");
    const { size } = statSync(hash);
    writeFileSync(join(folder, "data"), "");
    truncateSync(join(folder, "data"), endlessBytes);
    const grown = () => statSync(hash).size > size;
    const { code } = await interrupted(folder, ["format", "data", "hash"], "SIGINT", grown);
    expect(code).toBe(130);
    expect(statSync(hash).size).toBe(size);
    expect((await verity(folder, "dump", "hash")).code).toBe(1);
  });
});

test("stopped while verifying", async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, "data"), "");
  truncateSync(join(folder, "data"), endlessBytes);
  const args = ["--no-superblock", "--salt=-", "--data-block-size=524288", "--hash-block-size=524288"];
  writeFileSync(join(folder, "hash"), "");
  truncateSync(join(folder, "hash"), 2 ** 34);
  const root = "0".repeat(64);
  const verify = ["verify", "data", "hash", root, ...args, "--threads=2", "--json"];
  const { code, stderr } = await interrupted(folder, verify, "SIGINT", (pid) =>
    hasOpen(pid, join(folder, "data")),
  );
  expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
});

test("an agent that waits for its next request is stopped", async () => {
  const args = ["agent", "run", "--host-data", "00".repeat(32), "--disk", "0:0=disk", "--requests", "-"];
  const folder = scratchFolder();
  writeFileSync(join(folder, "disk"), new Uint8Array(4096));
  const child = startSealstone(folder, ...args);
  let stderr = "";
  child.stderr?.on("data", (bytes) => {
    stderr += String(bytes);
  });
  // Told at once, when nothing was asked yet.
  if (child.stdout !== null) await once(child.stdout, "data");
  child.kill("SIGINT");
  const [code] = await once(child, "exit");
  expect({ code, stderr }).toEqual({ code: 130, stderr: "Stopped.\n" });
});
