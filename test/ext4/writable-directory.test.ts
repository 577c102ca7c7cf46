/** Directories as they are changed, held against a map. */
import { describe, expect, test } from "vitest";
import { latin1FromBytes } from "../../src/bytes/latin1.ts";
import { FormatError } from "../../src/errors.ts";
import { hashName } from "../../src/ext4/directory-hash.ts";
import { listPiece } from "../../src/ext4/directory-listing.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { MemoryDirectory, type MemoryDirectoryOptions } from "./memory-directory.ts";

const text = new TextEncoder();

function listAll(directory: MemoryDirectory): Map<string, number> {
  const names = new Map<string, number>();
  for (let cursor: number | undefined = 0; cursor !== undefined; ) {
    const piece = listPiece(directory.parts, cursor);
    let last = cursor;
    for (const { name, inode, cursor: here } of piece.entries) {
      expect(names.has(latin1FromBytes(name))).toBe(false);
      expect(here).toBeGreaterThanOrEqual(last);
      names.set(latin1FromBytes(name), inode);
      last = here;
    }
    cursor = piece.next;
  }
  return names;
}

const kinds: readonly [string, MemoryDirectoryOptions][] = [
  ["half MD4", {}],
  ["TEA, no checksums, blocks of 4 KiB", { hashVersion: 2, metadataCsum: false, blockSizeBytes: 4096 }],
  ["legacy hash", { hashVersion: 0 }],
  ["no index", { dirIndex: false }],
  ["large_dir", { largeDir: true }],
];

describe.each(kinds)("names of a directory: %s", (_title, options) => {
  test("random changes", () => {
    const random = new SeededRandom(7);
    const directory = new MemoryDirectory(options);
    directory.names.begin(2);
    const model = new Map<string, number>();
    for (let step = 0; step < 4000; step++) {
      const number = random.below(1500);
      const name = `${number}${"-long".repeat(number % 40)}`;
      const found = directory.names.find(text.encode(name));
      expect(found?.inode).toBe(model.get(name));
      if (found === undefined && (step < 2500 || number % 3 === 0)) {
        model.set(name, step + 20);
        directory.names.insert({ inode: step + 20, name: text.encode(name), fileType: 1 });
      } else if (found !== undefined && number % 4 === 0) {
        model.set(name, step + 20);
        directory.names.replace(found, { inode: step + 20, fileType: 2 });
      } else if (found !== undefined) {
        model.delete(name);
        directory.names.remove(found);
      }
      if (step % 500 === 0) directory.check();
    }
    directory.check();
    expect(model.size).toBeGreaterThan(300);
    expect(new Map([...listAll(directory)].sort())).toEqual(new Map([...model].sort()));
    expect(directory.names.parent()).toBe(2);
    expect(directory.names.isEmpty()).toBe(false);
    for (const name of model.keys()) {
      const found = directory.names.find(text.encode(name));
      expect(found).toBeDefined();
      if (found !== undefined) directory.names.remove(found);
    }
    expect(directory.names.isEmpty()).toBe(true);
    directory.check();
  });
});

test("a lookup in a large directory reads the way down and nothing else", () => {
  const directory = new MemoryDirectory({ blockSizeBytes: 4096 });
  directory.names.begin(2);
  const names = Array.from({ length: 12_000 }, (_, i) => text.encode(`a file with number ${i}`));
  const most = { inserting: 0, finding: 0, found: 0 };
  for (const [i, name] of names.entries()) {
    directory.views = 0;
    directory.names.insert({ inode: 20 + i, name, fileType: 1 });
    most.inserting = Math.max(most.inserting, directory.views);
  }
  for (const [i, name] of names.entries()) {
    directory.views = 0;
    if (directory.names.find(name)?.inode === 20 + i) most.found++;
    most.finding = Math.max(most.finding, directory.views);
  }
  expect(most.found).toBe(names.length);
  expect(most.inserting).toBeLessThan(16);
  expect(most.finding).toBeLessThan(7);
  expect(listAll(directory).size).toBe(names.length);
});

test("an index is full where it can have no more levels", () => {
  const fill = (largeDir: boolean): number => {
    const directory = new MemoryDirectory({ largeDir, metadataCsum: false });
    directory.names.begin(2);
    for (let i = 0; i < 45_000; i++) {
      const name = text.encode(`${i}`.padEnd(250, "."));
      try {
        directory.names.insert({ inode: 20, name, fileType: 1 });
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
        return i;
      }
    }
    return 45_000;
  };
  const full = fill(false);
  expect(full).toBeGreaterThan(20_000);
  expect(full).toBeLessThan(45_000);
  expect(fill(true)).toBe(45_000);
});

/** The directory as it is made by `spoil` out of one with an index over many blocks. */
test.each<[string, (root: Uint8Array, contents: Uint8Array[]) => void]>([
  ["another hash", (root) => root.fill(9, 28, 29)],
  ["information of another size", (root) => root.fill(12, 29, 30)],
  ["too many levels", (root) => root.fill(7, 30, 31)],
  ["flags", (root) => root.fill(1, 31, 32)],
  ["more slots than there is room for", (root) => root.fill(0xff, 34, 36)],
  ["no slots", (root) => root.fill(0, 34, 36)],
  ["another limit", (root) => root.fill(9, 32, 33)],
  ["a block that is not there", (root) => root.fill(0xff, 36, 39)],
  ["itself as a block of names", (root) => root.fill(0, 36, 39)],
  ["names where a node is due", (root) => root.fill(1, 30, 31)],
  ["`..` with room to spare", (root) => root.fill(0, 17, 18)],
])("a malformed index is refused: %s", (_title, spoil) => {
  const directory = new MemoryDirectory();
  directory.names.begin(2);
  for (let i = 0; i < 400; i++) {
    directory.names.insert({ inode: 20 + i, name: text.encode(`name ${i}`), fileType: 1 });
  }
  spoil(directory.contents[0] as Uint8Array, directory.contents);
  const lookAll = (): void => {
    for (let i = 0; i < 400; i++) directory.names.find(text.encode(`name ${i}`));
  };
  expect(lookAll).toThrow(FormatError);
  expect(() => listAll(directory)).toThrow(FormatError);
});

test("an index whose hashes do not rise is refused as it comes, and never read for ever", () => {
  const directory = new MemoryDirectory();
  directory.names.begin(2);
  for (let i = 0; i < 400; i++) {
    directory.names.insert({ inode: 20 + i, name: text.encode(`name ${i}`), fileType: 1 });
  }
  directory.check();
  const root = directory.contents[0] as Uint8Array;
  const slots = (root[34] as number) + 256 * (root[35] as number);
  // The second slot's hash again and again, and then one that says that a hash goes on.
  for (let slot = 2; slot < slots; slot++) root.copyWithin(32 + 8 * slot, 40, 44);
  expect(() => directory.check()).toThrow(/do not rise/);
  expect(listAll(directory).size).toBeLessThan(400);
  for (let slot = 1; slot < slots; slot++) root[32 + 8 * slot] = 1;
  expect(listAll(directory).size).toBe(400);
});

test("names that share a hash are all found, across blocks", () => {
  const directory = new MemoryDirectory({ hashVersion: 0 });
  directory.names.begin(2);
  // The legacy hash of signed characters takes these pairs for one another.
  const names = collidingNames();
  for (const [i, name] of names.entries()) {
    directory.names.insert({ inode: 20 + i, name, fileType: 1 });
  }
  for (const [i, name] of names.entries()) {
    expect(directory.names.find(name)?.inode).toBe(20 + i);
  }
  expect(listAll(directory).size).toBe(names.length);
  directory.check();
});

/** Names of one legacy hash, found by trying: two characters that change in opposite ways. */
function collidingNames(): Uint8Array[] {
  const hash = { version: 0, unsigned: false, seed: new Int32Array(4) };
  const byHash = new Map<number, Uint8Array[]>();
  for (let i = 0; i < 60_000; i++) {
    const name = text.encode(`${i.toString(36)}`);
    const { major } = hashName(hash, name);
    byHash.set(major, [...(byHash.get(major) ?? []), name]);
  }
  return [...byHash.values()].filter((names) => names.length > 1).flat();
}
