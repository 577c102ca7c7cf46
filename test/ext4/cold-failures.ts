/** Calls on a cold tree, each of whose reads fails in one way or another. */
import { expect } from "vitest";
import { DeviceError, IntegrityError } from "../../src/errors.ts";
import type { WritableExt4Options, WritableExt4Tree } from "../../src/ext4/writable-ext4-tree.ts";
import type { TreeNode } from "../../src/tree/file-tree.ts";
import type { WritableFileTree } from "../../src/tree/writable-file-tree.ts";
import { answerOf, type ColdCall, nodeAt, openCold, SetClock } from "./cold-calls.ts";
import { type Chunks, ColdDevice, complaintsOfChunks, differingChunks, manyReads } from "./cold-device.ts";
import { differencesOf, type Snapshot, treeSnapshot } from "./snapshot.ts";

/**
 * How a read fails: once; from then on; by the signal that all calls are given. What is read ahead of a call's need
 * and fails need not be noticed, but for the signal.
 */
export type Failing = (typeof failings)[number];
export const failings = ["once", "from then on", "aborted"] as const;

/** What is done after a call that failed and before it is made again. */
export type Afterwards = (typeof afterwards)[number];
export const afterwards = ["nothing", "flush", "look"] as const;

/** A file system and a call that is made on it. */
export interface FailingCall {
  readonly sizeBytes: number;
  readonly image: Chunks;
  readonly call: ColdCall;
  readonly options?: WritableExt4Options;
}

/** What a call comes to that nothing disturbs. */
interface Undisturbed {
  readonly answer: unknown;
  readonly reads: number;
  /** The image as it is after an opening and a flush, and after the call and a flush. */
  readonly before: Chunks;
  readonly after: Chunks;
  /** What can be seen before the call, and after it. */
  readonly seenBefore: () => Promise<Seen>;
  readonly seenAfter: () => Promise<Seen>;
}

/** What a tree shows. */
interface Seen {
  readonly snapshot: Snapshot;
  /** Inodes of the paths of a call, as `lookup` tells them. */
  readonly found: readonly unknown[];
}

async function undisturbed({ sizeBytes, image, call, options }: FailingCall): Promise<Undisturbed> {
  const device = new ColdDevice(sizeBytes, image);
  const tree = await openCold(device, new SetClock(), options);
  await tree.flush();
  const before = device.content();
  const readsBefore = device.reads;
  const answer = await answerOf(tree, call);
  const reads = device.reads - readsBefore;
  await tree.close();
  const after = device.content();
  return {
    answer,
    reads,
    before,
    after,
    seenBefore: onceOnly(() => seenOf(sizeBytes, before, call)),
    seenAfter: onceOnly(() => seenOf(sizeBytes, after, call)),
  };
}

/**
 * Plays a call whose n-th read fails: it rejects with just what the device threw, or with the signal's reason, and has
 * changed nothing; made again it does what it does undisturbed.
 *
 * @returns whether the call noticed.
 */
async function playFailing(
  subject: FailingCall,
  plain: Undisturbed,
  failsAt: number,
  how: Failing,
  then: Afterwards,
): Promise<boolean> {
  const { sizeBytes, image, call, options } = subject;
  const where = `${call.name}, read ${failsAt} failing ${how}`;
  const device = new ColdDevice(sizeBytes, image);
  const tree = await openCold(device, new SetClock(), options);
  const statistics = await tree.statfs();
  // What is tried again though it fails comes to an end too.
  device.mostReads = device.reads + 1000;
  const { thrown, signal } = failReads(device, failsAt, how);
  const outcome = await outcomeOf(signal === undefined ? tree : withSignal(tree, signal), call);
  device.onRead = () => undefined;
  device.mostReads = manyReads;
  expect(thrown.length, where).toBeGreaterThan(0);
  const noticed = "error" in outcome;
  if (noticed) {
    expect(thrown, where).toContain(outcome.error);
    expect(await tree.statfs(), where).toEqual(statistics);
    if (then === "flush") {
      await tree.flush();
      expect(differingChunks(device.content(), plain.before), where).toEqual([]);
    }
    if (then === "look") expectSeen(await see(tree, call), await plain.seenBefore(), where);
    expect(await answerOf(tree, call), where).toEqual(plain.answer);
  } else expect(outcome.answer, where).toEqual(plain.answer);
  await tree.close();
  const left = device.content();
  // Generations of inodes differ where a call was made twice: then what can be seen decides.
  if (differingChunks(left, plain.after).length > 0) {
    expectSeen(await seenOf(sizeBytes, left, call), await plain.seenAfter(), where);
    if (then === "look") expect(complaintsOfChunks(sizeBytes, left), where).toBe("");
  }
  return noticed;
}

function expectSeen(seen: Seen, expected: Seen, where: string): void {
  expect(differencesOf(seen.snapshot, expected.snapshot), where).toEqual([]);
  expect(seen.found, where).toEqual(expected.found);
}

async function see(tree: WritableExt4Tree, { paths = [] }: ColdCall): Promise<Seen> {
  const found: unknown[] = [];
  for (const path of paths) {
    const find = async (): Promise<number> => (await nodeAt(tree, path)).inode;
    found.push(await answerOf(tree, { name: path, run: find }));
  }
  return { snapshot: await treeSnapshot(tree), found };
}

async function seenOf(sizeBytes: number, image: Chunks, call: ColdCall): Promise<Seen> {
  const tree = await openCold(new ColdDevice(sizeBytes, image), new SetClock());
  const seen = await see(tree, call);
  await tree.close();
  return seen;
}

function onceOnly<Result>(run: () => Promise<Result>): () => Promise<Result> {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= run();
    return result;
  };
}

/**
 * Plays each of a list of calls, and before that the same call with its reads failing as is asked for.
 *
 * @returns how many calls were played so, and how many of them noticed.
 */
export async function playAllFailing(
  start: Omit<FailingCall, "call">,
  calls: readonly ColdCall[],
  waysOf: (failsAt: number) => Iterable<readonly [Failing, Afterwards]>,
): Promise<{ readonly played: number; readonly noticed: number }> {
  let { image } = start;
  const count = { played: 0, noticed: 0 };
  for (const call of calls) {
    const subject = { ...start, image, call };
    const plain = await undisturbed(subject);
    // What is many calls may have changed something before the one that fails.
    const { reads } = call.name.startsWith("empty") ? { reads: 0 } : plain;
    for (let failsAt = 1; failsAt <= reads; failsAt++) {
      for (const [how, then] of waysOf(failsAt)) {
        const hasNoticed = await playFailing(subject, plain, failsAt, how, then);
        const must = how === "aborted" || (how === "from then on" && failsAt === 1);
        if (must) expect(hasNoticed, `${call.name}, read ${failsAt} failing ${how}`).toBe(true);
        count.played += 1;
        if (hasNoticed) count.noticed += 1;
      }
    }
    image = plain.after;
  }
  return count;
}

/** Has a device's n-th read from now on fail. @returns what it threw so far. */
function failReads(
  device: ColdDevice,
  failsAt: number,
  how: Failing,
): { readonly thrown: readonly unknown[]; readonly signal: AbortSignal | undefined } {
  const thrown: unknown[] = [];
  const start = device.reads;
  const controller = new AbortController();
  device.onRead = async (read) => {
    const number = read - start;
    if (how === "aborted") {
      if (number !== failsAt) return;
      thrown.push(new Error(`aborted at read ${number}`));
      controller.abort(thrown[0]);
      // The device ends what it has begun, and looks at the signal then.
      await Promise.resolve();
      return;
    }
    if (how === "once" ? number !== failsAt : number < failsAt) return;
    const error =
      how === "once"
        ? new DeviceError("device-failed", `read ${number} fails`)
        : new IntegrityError("sector-mismatch", `read ${number} is not what was written`);
    thrown.push(error);
    throw error;
  };
  return { thrown, signal: how === "aborted" ? controller.signal : undefined };
}

async function outcomeOf(
  tree: WritableFileTree,
  call: ColdCall,
): Promise<{ readonly answer: unknown } | { readonly error: unknown }> {
  try {
    return { answer: await answerOf(tree, call) };
  } catch (error) {
    return { error };
  }
}

/** A tree all of whose calls are given a signal. */
function withSignal(tree: WritableExt4Tree, signal: AbortSignal): WritableFileTree {
  const own = { signal };
  const signalled: Omit<WritableFileTree, "close" | typeof Symbol.asyncDispose | "name" | "root"> = {
    lookup: (directory, name) => tree.lookup(directory, name, own),
    getattr: (node) => tree.getattr(node, own),
    readdir: (directory, cursor) => tree.readdir(directory, cursor, own),
    readlink: (node) => tree.readlink(node, own),
    open: (node) => tree.open(node, own),
    openWritable: async (node) => withSignalOnFile(await tree.openWritable(node, own), own),
    listxattr: (node) => tree.listxattr(node, own),
    getxattr: (node, name) => tree.getxattr(node, name, own),
    statfs: () => tree.statfs(own),
    create: (directory, name, what) => tree.create(directory, name, what, own),
    link: (node, directory, name) => tree.link(node, directory, name, own),
    unlink: (directory, name) => tree.unlink(directory, name, own),
    rmdir: (directory, name) => tree.rmdir(directory, name, own),
    rename: (from: TreeNode, name, to, toName, options) =>
      tree.rename(from, name, to, toName, { ...options, ...own }),
    setattr: (node, changes) => tree.setattr(node, changes, own),
    setxattr: (node, name, value, options) => tree.setxattr(node, name, value, { ...options, ...own }),
    removexattr: (node, name) => tree.removexattr(node, name, own),
    flush: () => tree.flush(own),
  };
  const close = (): Promise<void> => tree.close();
  return { name: tree.name, root: tree.root, ...signalled, close, [Symbol.asyncDispose]: close };
}

type Writable = Awaited<ReturnType<WritableFileTree["openWritable"]>>;

function withSignalOnFile(file: Writable, own: { readonly signal: AbortSignal }): Writable {
  const close = (): Promise<void> => file.close();
  return {
    node: file.node,
    read: (offsetBytes, into) => file.read(offsetBytes, into, own),
    nextData: (offsetBytes) => file.nextData(offsetBytes, own),
    write: (offsetBytes, from) => file.write(offsetBytes, from, own),
    append: (from) => file.append(from, own),
    truncate: (sizeBytes) => file.truncate(sizeBytes, own),
    allocate: (offsetBytes, lengthBytes, options) =>
      file.allocate(offsetBytes, lengthBytes, { ...options, ...own }),
    punchHole: (offsetBytes, lengthBytes) => file.punchHole(offsetBytes, lengthBytes, own),
    close,
    [Symbol.asyncDispose]: close,
  };
}
