/** The table of names against a Map of Maps. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NameTable } from "../../src/ext4/name-table.ts";

const anyName: fc.Arbitrary<string> = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 })
  .map((bytes) => String.fromCharCode(...bytes));

test("names, directories and inodes in any order, some of them again", () => {
  const anyPut = fc.tuple(fc.integer({ min: 2, max: 9 }), anyName, fc.integer({ min: 1, max: 2 ** 31 }));
  fc.assert(
    fc.property(fc.array(anyPut, { maxLength: 300 }), (puts) => {
      const table = new NameTable();
      const model = new Map<string, number>();
      for (const [directory, name, inode] of puts) {
        table.put(directory, name, inode);
        model.set(`${directory}/${name}`, inode);
      }
      expect(table.count).toBe(model.size);
      for (const [directory, name] of puts) {
        expect(table.inode(directory, name)).toBe(model.get(`${directory}/${name}`));
        expect(table.inode(directory + 100, name)).toBeUndefined();
      }
      const listed = [2, 3, 4, 5, 6, 7, 8, 9].flatMap((directory) =>
        table.names(directory).map((name) => `${directory}/${name}`),
      );
      expect(listed.sort()).toEqual([...model.keys()].sort());
    }),
    { numRuns: 50 },
  );
});

test("a hundred thousand names, past every border of the arrays", () => {
  const table = new NameTable();
  const count = 100_000;
  for (let i = 0; i < count; i++) table.put(2 + (i % 7_000), `file-${i}`.padEnd(1 + (i % 255), "x"), i);
  for (let i = 0; i < count; i += 97) {
    expect(table.inode(2 + (i % 7_000), `file-${i}`.padEnd(1 + (i % 255), "x"))).toBe(i);
  }
  expect(table.names(2).length).toBe(Math.ceil(count / 7_000));
  expect(table.names(1_000_000)).toEqual([]);
});

test("a name above 255 bytes cannot be", () => {
  const failure = expect.objectContaining({ name: "InvariantError" });
  expect(() => new NameTable().put(2, "x".repeat(256), 12)).toThrow(failure);
});
