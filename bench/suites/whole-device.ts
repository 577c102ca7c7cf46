/** Whole processes on whole devices: `sealstone verity` beside `veritysetup`, files in the page cache. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "../measure/interleave.ts";
import { thisMachine } from "../measure/machine.ts";
import { runProcess, sealstoneArguments } from "./command.ts";
import { writeRandomFile } from "./random-file.ts";
import type { Prepared, Suite, Unavailable, WatchedRatio } from "./suite.ts";

const oneThread = "sealstone, one thread";
const wasmOnly = "sealstone, one thread, WASM only";
const twoThreads = "sealstone, two threads";
const peer = "veritysetup";
const GiB = 2 ** 30;

type Arguments = (dataFile: string, hashFile: string) => readonly string[];

interface WholeDeviceJob {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly sizeBytes: number;
  readonly rounds: number;
  /** The arguments that both commands take. */
  readonly job: Arguments;
  readonly floors: { readonly one: number; readonly two?: number };
}

const format: Arguments = (data, hash) => ["format", data, hash];

export const verifyDevice: Suite = wholeDevice({
  name: "verify-device",
  title: "verity verify of 1 GiB",
  about:
    "Whole processes, start-up included, on files in the page cache; every block of data and of the tree is read and checked.",
  sizeBytes: GiB,
  rounds: 5,
  job: (data, hash) => ["verify", data, hash, `--root-hash-file=${hash}.root`],
  floors: { one: 0.75, two: 1.4 },
});

export const formatDevice: Suite = wholeDevice({
  name: "format-device",
  title: "verity format of 1 GiB",
  about: "Whole processes, start-up included, on files in the page cache.",
  sizeBytes: GiB,
  rounds: 5,
  job: format,
  floors: { one: 0.75, two: 1.4 },
});

export const formatWithFec: Suite = wholeDevice({
  name: "format-with-fec",
  title: "verity format of 256 MiB with forward error correction",
  about: "The same with Reed–Solomon parity of two roots in a file of its own.",
  sizeBytes: GiB / 4,
  rounds: 5,
  job: (data, hash) => ["format", data, hash, `--fec-device=${hash}.fec`, "--fec-roots=2"],
  floors: { one: 8 },
});

function wholeDevice({ name, title, about, sizeBytes, rounds, job, floors }: WholeDeviceJob): Suite {
  const ratios: WatchedRatio[] = [
    { of: oneThread, to: peer, atLeast: floors.one },
    { of: wasmOnly, to: peer },
    { of: twoThreads, to: peer, ...(floors.two === undefined ? {} : { atLeast: floors.two }) },
  ];
  return { name, title, about, pace: { rounds, timeMs: 0 }, prepare };

  async function prepare(): Promise<Prepared | Unavailable> {
    if (!thisMachine().veritysetup) return { unavailable: "veritysetup is not installed (cryptsetup-bin)" };
    const folder = mkdtempSync(join(tmpdir(), "sealstone-bench-"));
    const data = join(folder, "data");
    const hash = join(folder, "hash");
    writeRandomFile(data, sizeBytes);
    await runProcess(
      process.execPath,
      sealstoneArguments(["verity", ...format(data, hash), `--root-hash-file=${hash}.root`]),
    );
    const sealstone = (contender: string, ...options: readonly string[]): Contender => ({
      name: contender,
      bytes: sizeBytes,
      run: () => runProcess(process.execPath, sealstoneArguments(["verity", ...job(data, hash), ...options])),
    });
    const veritysetup = {
      name: peer,
      bytes: sizeBytes,
      run: () => runProcess("veritysetup", job(data, hash)),
    };
    return {
      contenders: [
        sealstone(oneThread, "--threads=1"),
        sealstone(wasmOnly, "--threads=1", "--hasher=wasm"),
        sealstone(twoThreads, "--threads=2"),
        veritysetup,
      ],
      ratios,
      close: async () => rmSync(folder, { recursive: true }),
    };
  }
}
