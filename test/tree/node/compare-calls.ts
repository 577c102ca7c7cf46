/** Runs a list of random calls on both sides and expects the same of both. */
import { posix } from "node:path";
import { expect } from "vitest";
import { type Call, NodePair } from "./node-pair.ts";
import { RandomCalls } from "./random-calls.ts";

/** How often the whole trees are compared. */
const stateEvery = 50;

/** Trees of more names are taken away: directories that move into others make them ever deeper. */
const namesLimit = 150;

export async function compareRandomCalls(seed: number, count: number): Promise<void> {
  const pair = await NodePair.make();
  const calls = new RandomCalls(seed);
  try {
    for (let i = 0; i < count; i++) {
      const call = calls.next();
      if (await isQuirk(pair, call)) continue;
      const host = await pair.host(call);
      expect({ i, call, answer: await pair.own(call) }).toEqual({ i, call, answer: host });
      if (i % stateEvery !== stateEvery - 1 && i !== count - 1) continue;
      const [folder, tree] = await pair.states();
      expect({ i, state: tree }).toEqual({ i, state: folder });
      if (tree.length > namesLimit) await takeAway(pair);
    }
    expect(pair.tree.openFiles).toBe(0);
  } finally {
    await pair.remove();
  }
}

async function takeAway(pair: NodePair): Promise<void> {
  for (const name of await pair.files.readdir("/")) {
    const call = ["rm", `/${name}`, { recursive: true }] as const;
    expect(await pair.own(call)).toEqual(await pair.host(call));
  }
  expect(await pair.states()).toEqual([[], []]);
}

/**
 * What is done otherwise on purpose (docs/tree.md): a copy of a directory to a file's name, which on
 * Linux takes the file away; one into itself, which Node does not always see; and what stops in the middle, at a place that is for the order of names to say.
 */
async function isQuirk({ files }: NodePair, [name, source, destination]: Call): Promise<boolean> {
  if (name !== "copyFile" && name !== "cp") return false;
  if (name === "cp") {
    const there = await files.lstat(destination as string).catch((error) => error.code);
    return there !== "ENOENT" || (await copiesItself(files, source as string, destination as string));
  }
  const stats = await files.stat(source as string).catch(() => undefined);
  return stats?.isDirectory() === true;
}

/** The destination is in the source by way of a symlink, and a directory that leads there is yet to be made. */
async function copiesItself(files: NodePair["files"], source: string, destination: string): Promise<boolean> {
  const numberAt = (path: string): Promise<number | undefined> =>
    files.stat(path).then(
      ({ ino }) => ino,
      () => undefined,
    );
  const from = await numberAt(source);
  let isMissing = false;
  for (let at = posix.dirname(destination); at !== "/"; at = posix.dirname(at)) {
    const found = await numberAt(at);
    if (isMissing && found !== undefined && found === from) return true;
    isMissing ||= found === undefined;
  }
  return false;
}
