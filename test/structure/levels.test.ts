/** The table that people read and the one that the rules hold are the same. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { levels } from "./rules/levels.ts";
import { rootFolder } from "./source-tree.ts";

test("docs/architecture.md names the levels that are enforced", () => {
  const text = readFileSync(`${rootFolder}docs/architecture.md`, "utf8");
  const rows = [...text.matchAll(/^\| (\d+) \| ([^|]+) \|/gm)];
  const table = rows.map(([, , folders = ""]) => [...folders.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  expect(rows.map(([, level]) => Number(level))).toEqual(levels.map((_, level) => level));
  expect(table).toEqual(levels);
});
