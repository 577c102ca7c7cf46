/** The same calls on trees of which more or less is in memory. */
import { expect } from "vitest";
import type { WritableExt4Options, WritableExt4Tree } from "../../src/ext4/writable-ext4-tree.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { walkTree } from "../../src/tree/walk.ts";
import type { WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { runCall } from "../tree/contract-model.ts";
import {
  answerOf,
  blockBytes,
  type ColdCall,
  formatted,
  list,
  make,
  makeDirectory,
  onFile,
  openCold,
  remove,
  rename,
  SetClock,
  setXattr,
  symlink,
  write,
} from "./cold-calls.ts";
import { type Chunks, ColdDevice, complaintsOfChunks, differingChunks, manyReads } from "./cold-device.ts";
import { randomCall } from "./random-calls.ts";
import { differencesOf, type Snapshot, treeSnapshot } from "./snapshot.ts";

/** What calls came to. */
export interface Played {
  /** `name: answer` of each. */
  readonly answers: readonly string[];
  readonly snapshot: Snapshot;
  readonly image: Chunks;
}

/** How a tree is kept while calls are made on it. */
export interface Keeping extends Pick<WritableExt4Options, "cacheBytes" | "dirtyBytes"> {
  /** Whether all names, inodes and attributes are read before the first call. */
  readonly walked?: boolean;
  /** What is done before each call. */
  readonly before?: "nothing" | "reopen" | "reopen and walk" | "flush" | "thrash" | "flush and thrash";
}

/** More reads than any call of these tests may take. */
const mostReadsPerCall = 2000;

/** Makes calls on an image, one after the other, each at a moment of its own. */
export async function play(
  sizeBytes: number,
  image: Chunks,
  calls: readonly ColdCall[],
  { before = "nothing", walked = false, ...options }: Keeping,
): Promise<Played> {
  const device = new ColdDevice(sizeBytes, image);
  const clock = new SetClock();
  let tree = await openCold(device, clock, options);
  if (walked) await readAll(tree);
  const answers: string[] = [];
  for (const [index, call] of calls.entries()) {
    if (before.startsWith("reopen")) {
      await tree.close();
      tree = await openCold(device, clock, options);
    }
    clock.set(index + 1);
    await prepare(tree, before);
    device.mostReads = device.reads + mostReadsPerCall;
    answers.push(`${call.name}: ${await answerOf(tree, call)}`);
    device.mostReads = manyReads;
  }
  const snapshot = await treeSnapshot(tree);
  await tree.close();
  return { answers, snapshot, image: device.content() };
}

async function prepare(tree: WritableExt4Tree, before: string): Promise<void> {
  if (before.startsWith("flush")) await tree.flush();
  if (before.endsWith("walk")) await readAll(tree);
  if (before.endsWith("thrash")) await answerOf(tree, list("wide"));
}

/** Brings what calls start from into memory: names, inodes, attributes. */
async function readAll(tree: WritableExt4Tree): Promise<void> {
  for await (const { parent, name, node } of walkTree(tree)) {
    await tree.lookup(parent?.node ?? tree.root, name);
    await tree.listxattr(node);
  }
}

/** Answers and nodes are the same, numbers of inodes and the space they take included. */
export function expectSameTree(seen: Played, expected: Played): void {
  expect(seen.answers).toEqual(expected.answers);
  expect(differencesOf(seen.snapshot, expected.snapshot)).toEqual([]);
}

/** As `expectSameTree`, and each byte of the two images is the same, which is in good order. */
export function expectSameImage(sizeBytes: number, seen: Played, expected: Played): void {
  expectSameTree(seen, expected);
  expect(differingChunks(seen.image, expected.image)).toEqual([]);
  expect(complaintsOfChunks(sizeBytes, seen.image)).toBe("");
}

const mib = 2 ** 20;

const fewKeepings: readonly Keeping[] = [
  { cacheBytes: 0, dirtyBytes: 0 },
  { before: "reopen", cacheBytes: 1, dirtyBytes: 1 },
];

/** Plays calls in each way of keeping a tree, and expects the same of all and file systems in good order. */
export async function expectEqual(
  sizeBytes: number,
  image: Chunks,
  calls: readonly ColdCall[],
  keepings: readonly Keeping[] = fewKeepings,
): Promise<void> {
  const warm = await play(sizeBytes, image, calls, {});
  for (const keeping of keepings) {
    const cold = await play(sizeBytes, image, calls, keeping);
    expectSameTree(cold, warm);
    expect(complaintsOfChunks(sizeBytes, cold.image), JSON.stringify(keeping)).toBe("");
  }
}

/** Calls by a seed, in two directories. */
export function randomCalls(seed: number, count: number): ColdCall[] {
  const random = new SeededRandom(seed);
  const calls = Array.from({ length: count }, () => randomCall(random));
  const begin = ["d", "e"].map(makeDirectory);
  const then = calls.map((call) => ({
    name: `${call.what} ${call.path.join("/")} ${call.other.join("/")} ${call.number} ${call.onto}`,
    run: (tree: WritableFileTree) => runCall(tree, call),
  }));
  return [...begin, ...then];
}

/** Calls that run out of space and of inodes on the way, what is left being in pieces. */
export function crampedCalls(): ColdCall[] {
  const half = { length: 50 };
  return [
    makeDirectory("d"),
    make("filler"),
    make("scattered"),
    ...Array.from(half, (_, i) => make(`d/${`${i}`.padEnd(60, "x")}`)),
    ...Array.from(half, (_, i) => write(`d/${`${i}`.padEnd(60, "x")}`, 0, 1 + (i % 3) * blockBytes)),
    onFile("fill", "filler", async (file) => {
      for (let at = 0; ; at += written(at)) await file.allocate(at, written(at));
    }),
    ...Array.from({ length: 16 }, (_, i) => remove("unlink", `d/${`${3 * i}`.padEnd(60, "x")}`)),
    write("scattered", 100, 100 * blockBytes),
    symlink("d/link", 1000),
    setXattr("d", "user.large", 1000),
    makeDirectory("e"),
    remove("unlink", `d/${"1".padEnd(60, "x")}`),
    write("scattered", 10 ** 6, 20 * blockBytes),
    remove("unlink", "filler"),
    ...Array.from(half, (_, i) => make(`d/again ${i}`)),
    remove("unlink", `d/${"2".padEnd(60, "x")}`),
    rename(`d/${"4".padEnd(60, "x")}`, "whiteout", { whiteout: true }),
    rename(`d/${"5".padEnd(60, "x")}`, "whiteout", { whiteout: true }),
    list("d"),
  ];
}

/** Less and less, so that the last block goes too. */
const written = (at: number): number => (at < 2 * mib ? 16 : 1) * blockBytes;

/** A file system of six groups, in which calls can thrash. */
export const spreadBytes: number = 6 * 128 * mib;

/** The file system for `spreadCalls`, whose groups all have bitmaps of their own. */
export async function spreadImage(besides: readonly ColdCall[] = []): Promise<Chunks> {
  const before = Array.from({ length: 17 }, (_, i) => makeDirectory(`before ${i}`));
  const files = before.map((_, i) => make(`before ${i}/file`));
  const calls = [...before, ...files, ...besides];
  return (await play(spreadBytes, await formatted(spreadBytes, 6 * 2048), calls, {})).image;
}

/** Directories that are spread over groups, with files, and some of each taken away again. */
export function spreadCalls(): ColdCall[] {
  const directories = Array.from({ length: 14 }, (_, i) => `directory ${i}`);
  return [
    ...directories.map(makeDirectory),
    ...directories.map((path) => makeDirectory(`${path}/below`)),
    ...directories.flatMap((path, i) => [
      make(`${path}/below/file`),
      write(`${path}/below/file`, i * 5000, 9000 * i),
      symlink(`${path}/link`, 100 * i + 1),
    ]),
    ...directories.slice(0, 7).map((path) => remove("unlink", `${path}/below/file`)),
    ...directories.slice(0, 5).map((path) => remove("rmdir", `${path}/below`)),
    ...directories.map((path) => makeDirectory(`other ${path}`)),
    ...directories.map((path) => setXattr(`other ${path}`, "user.large", 2000)),
    make("everywhere"),
    // Behind its end, where nobody reads it all.
    onFile("allocate", "everywhere", (file) => file.allocate(0, 5 * 128 * mib, { keepSize: true })),
    onFile("write in", "everywhere", (file) => file.write(300 * blockBytes, new Uint8Array(9000))),
    onFile("truncate", "everywhere", (file) => file.truncate(100)),
    onFile("allocate", "everywhere", (file) => file.allocate(0, 3 * 128 * mib, { keepSize: true })),
    ...directories.map((path) => write(`${path}/below/file`, 10 ** 6, 70_000)),
    ...directories.map((path) => makeDirectory(`third ${path}`)),
  ];
}
