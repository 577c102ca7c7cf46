/** A signal ends work over a layer: with 130, soon, and with nothing left. */
import { once } from "node:events";
import { readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { makeHeader, TarBuilder } from "../tar/tar-builder.ts";
import { scratchFolder, sealstoneProcess, startSealstone } from "./child-command.ts";

/** More than can be read while a test lasts; the file is a hole. */
const endlessBytes = 2 ** 36;

let folder: string;
beforeEach(() => {
  folder = scratchFolder();
});

/** Stops the command once it has the file open and something to undo; what is left beside what was there. */
async function interrupted(file: string, ...args: readonly string[]): Promise<object> {
  const before = readdirSync(folder);
  const child = startSealstone(folder, "layer", ...args);
  let stderr = "";
  child.stderr?.on("data", (bytes) => {
    stderr += String(bytes);
  });
  const ended = once(child, "exit");
  while (!hasOpen(child.pid as number, join(folder, file))) await delay(20);
  await delay(300);
  child.kill("SIGINT");
  const [code] = await ended;
  await delay(100);
  return { code, stderr, left: readdirSync(folder).filter((name) => !before.includes(name)) };
}

/** Whether a process has a file open (by Linux's /proc). */
function hasOpen(pid: number, path: string): boolean {
  const descriptors = `/proc/${pid}/fd`;
  return readdirSync(descriptors).some((fd) => {
    try {
      return readlinkSync(join(descriptors, fd)) === path;
    } catch {
      // Closed between the two calls.
      return false;
    }
  });
}

const stopped = { code: 130, stderr: "Stopped.\n", left: [] };

describe("an archive without an end, stopped by SIGINT", () => {
  beforeEach(() => {
    writeFileSync(join(folder, "endless.tar"), makeHeader({ name: "endless", size: endlessBytes }));
    truncateSync(join(folder, "endless.tar"), 512 + endlessBytes);
  });

  test.each([1, 2])("roothash with %i threads", async (threads) => {
    expect(await interrupted("endless.tar", "roothash", "endless.tar", `--threads=${threads}`)).toEqual(
      stopped,
    );
  });

  test("explain", async () => {
    writeFileSync(join(folder, "small.tar"), new TarBuilder().file("a", "b").end().bytes());
    expect(await interrupted("endless.tar", "explain", "small.tar", "endless.tar")).toEqual(stopped);
  });
});

describe("an image of 16 GiB, stopped by SIGINT", () => {
  let rootHash: string;
  beforeEach(() => {
    const hole = { form: "pax-1.0", size: 2 ** 34, data: [[0, "begins"]] } as const;
    writeFileSync(join(folder, "hole.tar"), new TarBuilder().sparse("hole", hole).end().bytes());
    const { stdout } = sealstoneProcess(folder, "layer", "build", "hole.tar", "-o", "hole.img");
    rootHash = /Root hash: +([0-9a-f]{64})/.exec(stdout)?.[1] ?? "";
  });

  test("verify", async () => {
    const args = ["verify", "hole.img", "--root-hash", rootHash];
    expect(await interrupted("hole.img", ...args)).toEqual(stopped);
  });

  test.each(["out", "out.tar"])("extract to %s", async (output) => {
    const args = ["extract", "hole.img", "--root-hash", rootHash, "-o", output];
    expect(await interrupted("hole.img", ...args)).toEqual(stopped);
  });
});
