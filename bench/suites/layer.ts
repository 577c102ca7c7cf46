/** From a tar to its layer's root hash: whole processes on a real root file system, and four of them in one tar. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDebianRootTar } from "../../images/debian-root.ts";
import type { Contender } from "../measure/interleave.ts";
import { thisMachine } from "../measure/machine.ts";
import { peakMemoryVariable } from "../measure/peak-memory.ts";
import { runProcess, sealstoneArguments } from "./command.ts";
import type { Prepared, Suite, Unavailable } from "./suite.ts";

const preload = new URL("../measure/peak-memory.js", import.meta.url).href;
const oneThread = "sealstone, one thread";
const twoThreads = "sealstone, two threads";
const peer = "veritysetup format of the finished file system";
const plain = "plain reading of the tar";
const alone = "sealstone, two threads, the tar";
const fourTimes = "sealstone, two threads, four times as much";

/** Parsing the tar, making the file system and hashing it, beside hashing it alone. */
export const layerRootHash: Suite = {
  name: "layer",
  title: "layer roothash of a Debian root file system",
  about:
    "Whole processes, start-up included, on files in the page cache: a tar of more than 1 GiB (compilers and interpreters, " +
    "with the archives of their packages) to the root hash of its layer, beside `veritysetup format` of that layer's " +
    "finished file system and plain reading of the tar. Speeds are those of the tar's bytes.",
  pace: { rounds: 5, timeMs: 0 },
  prepare: () => withTars(1, prepareSpeed),
};

/** Whether memory grows with the tar. */
export const layerMemory: Suite = {
  name: "layer-memory",
  title: "layer roothash of a tar four times as large",
  about: "The same tar, and one that holds it four times: the most memory that the process held.",
  pace: { rounds: 3, timeMs: 0 },
  prepare: () => withTars(4, prepareMemory),
};

/** Makes the tars, each of so many copies, and removes them again with what was made beside them. */
async function withTars(
  mostCopies: number,
  prepare: (folder: string, tars: readonly string[]) => Promise<Prepared>,
): Promise<Prepared | Unavailable> {
  if (!thisMachine().veritysetup) return { unavailable: "veritysetup is not installed (cryptsetup-bin)" };
  const folder = mkdtempSync(join(tmpdir(), "sealstone-bench-"));
  try {
    const tars: string[] = [];
    for (const copies of mostCopies === 1 ? [1] : [1, mostCopies]) {
      const path = join(folder, `${copies}.tar`);
      await writeDebianRootTar(path, { size: "large", copies });
      tars.push(path);
    }
    const prepared = await prepare(folder, tars);
    return { ...prepared, close: async () => rmSync(folder, { recursive: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true });
    return { unavailable: `no Debian root file system can be made here: ${(error as Error).message}` };
  }
}

async function prepareSpeed(folder: string, [tar = ""]: readonly string[]): Promise<Prepared> {
  const image = join(folder, "ext4");
  const options = ["--no-verity", "--no-vhd"];
  await runProcess(process.execPath, sealstoneArguments(["layer", "build", tar, "-o", image, ...options]));
  const bytes = statSync(tar).size;
  const rootHash = (name: string, threads: number): Contender => ({
    name,
    bytes,
    run: () =>
      runProcess(process.execPath, sealstoneArguments(["layer", "roothash", tar, `--threads=${threads}`])),
  });
  const tree = `${image}.tree`;
  return {
    contenders: [
      rootHash(oneThread, 1),
      rootHash(twoThreads, 2),
      {
        name: peer,
        bytes,
        run: () => runProcess("veritysetup", ["format", image, tree, `--salt=${"00".repeat(32)}`]),
      },
      {
        name: plain,
        bytes,
        run: () => runProcess("dd", [`if=${tar}`, "of=/dev/null", "bs=1M", "status=none"]),
      },
    ],
    ratios: [
      // At most 1.7 times the peer's time, and no more than its time with both cores.
      { of: oneThread, to: peer, atLeast: 0.59 },
      { of: twoThreads, to: peer, atLeast: 1 },
      { of: oneThread, to: plain },
    ],
    close: async () => {},
  };
}

async function prepareMemory(folder: string, [one = "", four = ""]: readonly string[]): Promise<Prepared> {
  const contender = (name: string, tar: string): Contender => {
    const memory = join(folder, `${name}.memory`);
    const args = sealstoneArguments(["layer", "roothash", tar, "--threads=2"], preload);
    return {
      name,
      bytes: statSync(tar).size,
      run: () => runProcess(process.execPath, args, { [peakMemoryVariable]: memory }),
      peakMemoryMiB: () => Number(readFileSync(memory, "utf8")) / 1024,
    };
  };
  return {
    contenders: [contender(alone, one), contender(fourTimes, four)],
    ratios: [{ of: fourTimes, to: alone, atLeast: 0.95 }],
    close: async () => {},
  };
}
