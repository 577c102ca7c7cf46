/** Random cases, by their seeds. */
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import { WritableMemoryTree } from "../../tree/writable-memory-tree.ts";
import { SeededRandom } from "../../verity/seeded-random.ts";
import type { OverlayCase } from "./kernel-outcomes.ts";
import { ListGenerator } from "./list-generator.ts";
import { overlayPlace } from "./overlay-outcomes.ts";

/** Consecutive numbers. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** A list of calls for an empty file system. @param model an empty tree. */
export function randomList(seed: number, lines: number, model: WritableFileTree): Promise<string[]> {
  return new ListGenerator(new SeededRandom(seed), model).lines(lines);
}

/** How large a random overlay is. */
export interface OverlaySize {
  /** At most as many layers. */
  readonly layers: number;
  /** Of each layer, and of the upper directory now and then. */
  readonly layerLines: number;
  readonly calls: number;
}

/** Layers, and calls on what they come to. */
export async function randomOverlay(seed: number, size: OverlaySize): Promise<OverlayCase> {
  const random = new SeededRandom(seed);
  const names = ["a", "b", "c", "d", "\xff e"];
  const layer = (): Promise<string[]> => {
    const purpose = random.below(4) === 0 ? "marked layer" : "layer";
    return new ListGenerator(random, new WritableMemoryTree(), { names, purpose }).lines(size.layerLines);
  };
  const layers: string[][] = [];
  for (let count = 1 + random.below(size.layers); count > 0; count--) layers.push(await layer());
  const upper = random.below(3) === 0 ? { upper: await layer() } : {};
  const place = await overlayPlace(async () => new WritableMemoryTree(), { layers, ...upper, list: [] });
  const model = await place.open();
  const list = await new ListGenerator(random, model, { names }).lines(size.calls);
  await place.close(model);
  return { layers, ...upper, list };
}
