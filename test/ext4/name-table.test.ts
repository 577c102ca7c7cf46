/** The table of names against a Map of Maps. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { NameTable } from "../../src/ext4/name-table.ts";

const anyName: fc.Arbitrary<string> = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 })
  .map((bytes) => String.fromCharCode(...bytes));

test("names, directories and inodes in any order, some of them again", () => {
  const anyPut = fc.tuple(
    fc.integer({ min: 2, max: 9 }),
    anyName,
    fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
  );
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
      const names = table.sort();
      for (const directory of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
        const expected = [...model]
          .filter(([path]) => path.startsWith(`${directory}/`))
          .map(([path, inode]) => ({ name: path.slice(path.indexOf("/") + 1), inode }))
          .sort((a, b) => a.inode - b.inode || (a.name < b.name ? -1 : 1));
        const listed = [...names.of(directory)].map((record) => ({
          name: String.fromCharCode(...names.records.name(record)),
          inode: names.records.inode(record),
        }));
        expect(listed).toEqual(expected);
      }
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
  const names = table.sort();
  expect([...names.of(2)].length).toBe(Math.ceil(count / 7_000));
  expect([...names.of(1_000_000)]).toEqual([]);
  expect(table.count).toBe(0);
  expect(table.inode(2, "file-0".padEnd(1, "x"))).toBeUndefined();
});

test("a name above 255 bytes cannot be", () => {
  const failure = expect.objectContaining({ name: "InvariantError" });
  expect(() => new NameTable().put(2, "x".repeat(256), 12)).toThrow(failure);
});
