/** What calls cost that need many blocks of which none is in memory: reads of the device, never time. */
import { expect } from "vitest";
import type { WritableExt4Options } from "../../src/ext4/writable-ext4-tree.ts";
import { bytesOf } from "../tree/memory-tree.ts";
import {
  answerOf,
  blockBytes,
  type ColdCall,
  formatted,
  list,
  make,
  makeDirectory,
  nodeAt,
  onFile,
  openCold,
  remove,
  rename,
  SetClock,
} from "./cold-calls.ts";
import { type Chunks, ColdDevice, complaintsOfChunks, manyReads } from "./cold-device.ts";

const mib = 2 ** 20;
const file = { type: "file", permissions: 0o644 } as const;

/** An image and how large it is. */
export interface Subject {
  readonly sizeBytes: number;
  readonly image: Chunks;
}

/** A file system in which calls were made. */
async function made(sizeBytes: number, inodes: number, calls: readonly ColdCall[]): Promise<Subject> {
  const device = new ColdDevice(sizeBytes, await formatted(sizeBytes, inodes));
  const tree = await openCold(device, new SetClock());
  for (const call of calls) await call.run(tree);
  await tree.close();
  return { sizeBytes, image: device.content() };
}

/** `d`, which has at least so many blocks and no name, and `e`, which has one name more. */
export async function emptiedDirectories(blocks: number): Promise<Subject> {
  const name = (i: number): Uint8Array => bytesOf(`${i}`.padEnd(255, "-"));
  const fill = (path: string, left: number): ColdCall => ({
    name: "fill and empty",
    run: async (tree) => {
      const [directory, one] = [await nodeAt(tree, path), await nodeAt(tree, "one")];
      let count = 0;
      while ((await tree.getattr(directory)).sizeBytes < blocks * blockBytes) {
        for (let i = 0; i < 15; i++) await tree.link(one, directory, name(count++));
      }
      while (count > left) await tree.unlink(directory, name(--count));
    },
  });
  return made((16 + Math.ceil(blocks / 50)) * mib, 100, [
    make("one"),
    ...["d", "e"].map(makeDirectory),
    fill("d", 0),
    fill("e", 1),
  ]);
}

/** `scattered`, a file of so many extents of a block each. */
export function scatteredFile(extents: number): Promise<Subject> {
  const scatter = onFile("scatter", "scattered", async (handle) => {
    for (let i = 0; i < extents; i++) await handle.allocate(2 * i * blockBytes, blockBytes);
  });
  return made((16 + Math.ceil(extents / 200)) * mib, 100, [make("scattered"), scatter]);
}

/** `wide`, a file that has blocks in each of so many groups. */
export function fileOverGroups(groups: number): Promise<Subject> {
  const allocate = onFile("allocate", "wide", (handle) => handle.allocate(0, (groups - 1) * 127 * mib));
  return made(groups * 128 * mib, 16 * groups, [make("wide"), allocate]);
}

/** A name of `largeDirectory`. */
export const numbered = (i: number): string => `a file whose number is ${i}`;

/** `d`, with so many names. */
export function largeDirectory(count: number): Promise<Subject> {
  const fill: ColdCall = {
    name: "fill",
    run: async (tree) => {
      const directory = await nodeAt(tree, "d");
      for (let i = 0; i < count; i++) await tree.create(directory, bytesOf(numbered(i)), file);
    },
  };
  return made((1 + Math.floor(count / 30_000)) * 128 * mib, count + 100, [makeDirectory("d"), fill]);
}

/**
 * Makes a call on a cold tree, and expects it to take no more reads than that; the first that is too many ends it.
 *
 * @returns what it answered, and what it leaves.
 */
export async function expectReads(
  { sizeBytes, image }: Subject,
  call: ColdCall,
  mostReads: number,
  options: WritableExt4Options = {},
): Promise<{ readonly answer: unknown; readonly left: Subject; readonly reads: number }> {
  const device = new ColdDevice(sizeBytes, image);
  const tree = await openCold(device, new SetClock(), options);
  const before = device.reads;
  device.mostReads = before + mostReads;
  const answer = await answerOf(tree, call);
  const reads = device.reads - before;
  expect(reads, call.name).toBeLessThanOrEqual(mostReads);
  device.mostReads = manyReads;
  await tree.close();
  return { answer, left: { sizeBytes, image: device.content() }, reads };
}

/** The least that a tree can be told to keep in memory. */
export const tiny: WritableExt4Options = { cacheBytes: 0, dirtyBytes: 0 };

/** With room for much, and for next to nothing. */
const keepings: readonly WritableExt4Options[] = [{}, tiny];

/** Removing directories that have blocks and no names. */
export async function expectCostOfEmptied(
  blocks: number,
  all: readonly WritableExt4Options[] = keepings,
): Promise<void> {
  const subject = await emptiedDirectories(blocks);
  for (const options of all) {
    const most = 3 * blocks + 20;
    const empty = await expectReads(subject, remove("rmdir", "d"), most, options);
    expect(empty.answer).toBe("done");
    expect(empty.reads).toBeGreaterThan(blocks);
    expect(complaintsOfChunks(subject.sizeBytes, empty.left.image)).toBe("");
    const full = await expectReads(subject, remove("rmdir", "e"), most, options);
    expect(full.answer).toBe("ENOTEMPTY");
    const onto = await expectReads(subject, rename("e", "d"), most, options);
    expect(onto.answer).toBe("done");
    const listed = await expectReads(subject, list("d"), most, options);
    expect(listed.answer).toBe("");
  }
}

/** Removing and cutting a file whose extents have a tree of several levels. */
export async function expectCostOfScattered(
  extents: number,
  all: readonly WritableExt4Options[] = keepings,
): Promise<void> {
  const subject = await scatteredFile(extents);
  // An extent has 12 bytes.
  const nodes = Math.ceil((extents * 12) / blockBytes);
  const half = onFile("truncate", "scattered", (handle) => handle.truncate(extents * blockBytes + 1));
  const punch = onFile("punch", "scattered", (handle) =>
    handle.punchHole(20 * blockBytes, (2 * extents - 50) * blockBytes),
  );
  const fillIn = onFile("allocate", "scattered", (handle) =>
    handle.allocate(0, Math.min(2 * extents, 3000) * blockBytes),
  );
  for (const options of all) {
    for (const call of [remove("unlink", "scattered"), half, punch, fillIn]) {
      const { answer, left } = await expectReads(subject, call, 3 * nodes + 20, options);
      expect(answer).toBe("done");
      if (options === tiny) expect(complaintsOfChunks(subject.sizeBytes, left.image), call.name).toBe("");
    }
  }
}

/** Removing a file that needs the bitmaps of more groups than the smallest cache has blocks. */
export async function expectCostOverGroups(
  groups: number,
  all: readonly WritableExt4Options[] = keepings,
): Promise<void> {
  const subject = await fileOverGroups(groups);
  for (const options of all) {
    const { answer, left } = await expectReads(subject, remove("unlink", "wide"), 2 * groups + 30, options);
    expect(answer).toBe("done");
    expect(complaintsOfChunks(subject.sizeBytes, left.image)).toBe("");
  }
}

/**
 * Finding, listing, making, renaming and taking away in a directory of many names.
 *
 * @param wayDown what a walk down to a name may read at most: inodes, index and names, bitmaps, and what of the
 *   directory comes along. A rename has two.
 */
export async function expectCostOfLarge(
  count: number,
  wayDown: number,
  all: readonly WritableExt4Options[] = keepings,
): Promise<void> {
  const subject = await largeDirectory(count);
  const blocks = Math.ceil(count / 75);
  for (const options of all) {
    for (const i of [0, Math.floor(count / 2), count - 1]) {
      const path = `d/${numbered(i)}`;
      const found: ColdCall = { name: `find ${path}`, run: async (tree) => (await nodeAt(tree, path)).inode };
      expect((await expectReads(subject, found, wayDown, options)).answer).toBeGreaterThan(11);
      for (const call of [make(`${path}, the second`), remove("unlink", path)]) {
        expect((await expectReads(subject, call, wayDown, options)).answer).toBe("done");
      }
      const renamed = await expectReads(subject, rename(path, `d/renamed ${i}`), 3 * wayDown, options);
      expect(renamed.answer).toBe("done");
      if (i === 0) expect(complaintsOfChunks(subject.sizeBytes, renamed.left.image)).toBe("");
    }
    const listed = await expectReads(subject, list("d"), 3 * blocks + 20, options);
    expect(String(listed.answer).split(", ")).toHaveLength(count);
  }
}
