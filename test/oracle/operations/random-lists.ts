/** Random cases, by their seeds. */
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import { SeededRandom } from "../../verity/seeded-random.ts";
import { ListGenerator } from "./list-generator.ts";

/** Consecutive numbers. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** A list of calls for an empty file system. @param model an empty tree. */
export function randomList(seed: number, lines: number, model: WritableFileTree): Promise<string[]> {
  return new ListGenerator(new SeededRandom(seed), model).lines(lines);
}
