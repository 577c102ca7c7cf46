/** The thread that is started before the command is loaded: when, for whom, and its end where nobody wants it. */
import { closeSync, ftruncateSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryDevice } from "sealstone/node";
import { beforeEach, describe, expect, test } from "vitest";
import { type EarlyThread, startEarlyThread } from "../../dist/cli/early-thread.js";
import { startThreadedDigests } from "../../dist/verity/digest-pool.node.js";
import { scratchFolder, sealstoneProcess } from "./child-command.ts";

let folder: string;
let large: string;
let small: string;

beforeEach(() => {
  folder = scratchFolder();
  large = join(folder, "large");
  small = join(folder, "small");
  const file = openSync(large, "w");
  ftruncateSync(file, 32 * 2 ** 20);
  closeSync(file);
  writeFileSync(small, "small");
});

async function isStarted(args: readonly string[]): Promise<boolean> {
  await using thread: EarlyThread | undefined = startEarlyThread(args);
  return thread !== undefined;
}

describe("an early thread", () => {
  test("is started for large files alone, and where several threads are wanted", async () => {
    expect(await isStarted(["verity", "format", large, small, "--threads", "2"])).toBe(true);
    expect(await isStarted(["verity", "verify", large, small, "00", "--threads=3"])).toBe(true);
    expect(await isStarted(["layer", "roothash", "--threads=2", small, large])).toBe(true);
    expect(await isStarted(["layer", "roothash", "--threads=2", small])).toBe(false);
    expect(await isStarted(["layer", "roothash", "--threads=1", large])).toBe(false);
    expect(await isStarted(["layer", "roothash", large, "--threads", "one"])).toBe(false);
    expect(await isStarted(["layer", "roothash", large, "--threads=2", "--hasher=none"])).toBe(false);
    expect(await isStarted(["layer", "ls", large, "--threads=2"])).toBe(false);
    expect(await isStarted(["verity", "verify", join(folder, "nothing"), "--threads=2"])).toBe(false);
    expect(await isStarted([])).toBe(false);
  });

  test("is taken once, by who wants its hasher, and does a pool's work", async () => {
    await using thread = startEarlyThread(["verity", "format", large, "--threads=2", "--hasher", "wasm"]);
    expect(thread?.take("auto")).toBeUndefined();
    const port = thread?.take("wasm");
    expect(thread?.take("wasm")).toBeUndefined();
    if (port === undefined) throw new Error("there is no thread");
    await using pool = startThreadedDigests(1, { hasher: "wasm", spawn: () => port });
    const request = {
      device: new MemoryDevice(new Uint8Array(8192)),
      dataBlocks: 2,
      parameters: {
        hashType: 1,
        algorithm: "sha256",
        salt: new Uint8Array(0),
        dataBlockSize: 4096,
        hashBlockSize: 4096,
      },
    } as const;
    const digests: string[] = [];
    for await (const batch of pool.digests(request)) digests.push(Buffer.from(batch.digests).toString("hex"));
    const ofZeros = "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7";
    expect(digests.join("")).toBe(ofZeros.repeat(2));
    expect(pool.shares).toEqual([1]);
  });

  test("that nobody took ends with the command", () => {
    const { code, stderr } = sealstoneProcess(folder, "verity", "verify", "large", "nothing", "--threads=2");
    expect(stderr).toContain("nothing");
    expect(code).toBe(4);
  });
});
