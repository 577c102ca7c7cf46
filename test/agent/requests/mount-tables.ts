/** The guest's table of mounts against the plain one, by chance: paths that are prefixes of each other, and uses within uses. */
import { expect } from "vitest";
import type { MountTable } from "../../../src/agent/index.ts";
import { StateError } from "../../../src/errors.ts";
import type { SeededRandom } from "../../../src/testing/index.ts";
import { type PlainMount, PlainMounts } from "../model/plain-mounts.ts";

const paths = [
  "/run/c/abc",
  "/run/c/abcd",
  "/run/c/abc/x",
  "/run/c/abc/x/y",
  "/run/c",
  "/run/c/abc-",
  "/m/1",
  "/m/10",
];
const within = [...paths, "/run/c/abcd/x", "/run/c/abc/xy", "/m/1/a", "/m/100", "/n", ""];
const sources = ["0:0", "0:1"];
const kinds: { readonly [kind in PlainMount["kind"]]: string } = {
  layer: "RO",
  scratch: "RW",
  overlay: "Overlay",
};

/** Changes both so often, and compares answers and all mounts. */
export function expectSameTables(table: MountTable, random: SeededRandom, steps: number): void {
  const plain = new PlainMounts();
  for (let step = 0; step < steps; step += 1) {
    const before = table.entries();
    const [what, act, answer] = draw(table, plain, random);
    let isDone = true;
    try {
      act();
    } catch (error) {
      expect(error, what).toBeInstanceOf(StateError);
      expect(table.entries(), what).toEqual(before);
      isDone = false;
    }
    expect({ what, isDone }).toEqual({ what, isDone: answer });
    const entries = plain
      .entries()
      .map(([path, { kind, ...mount }]) => ({ path, kind: kinds[kind], ...mount }));
    expect(table.entries(), what).toEqual(entries);
    const path = random.pick(within);
    expect(table.isEncrypted(path), `${path} after ${what}`).toBe(plain.isEncrypted(path));
  }
}

/** Something to do, the table's way of it, and whether the plain one has done it. */
function draw(
  table: MountTable,
  plain: PlainMounts,
  random: SeededRandom,
): readonly [what: string, act: () => void, answer: boolean] {
  const [path, source, encrypted] = [random.pick(paths), random.pick(sources), random.oneIn(2)];
  const what = `${path} ${source} ${encrypted}`;
  switch (random.below(6)) {
    case 0:
      return [
        `add RO ${what}`,
        () => table.addReadOnly(path, source),
        plain.add(path, "layer", source, false),
      ];
    case 1:
      return [
        `add RW ${what}`,
        () => table.addWritable(path, source, encrypted),
        plain.add(path, "scratch", source, encrypted),
      ];
    case 2: {
      const layers = Array.from({ length: random.below(4) }, () => random.pick(within));
      const scratch = random.pick(within);
      return [
        `add overlay ${path} of ${layers} and ${scratch}`,
        () => table.addOverlay(path, layers, scratch),
        plain.addOverlay(path, [...layers, scratch]),
      ];
    }
    case 3:
      return [
        `remove RO ${what}`,
        () => table.removeReadOnly(path, source),
        removed(plain, path, "layer", source, false),
      ];
    case 4:
      return [
        `remove RW ${what}`,
        () => table.removeWritable(path, source, encrypted),
        removed(plain, path, "scratch", source, encrypted),
      ];
    default:
      return [
        `remove overlay ${path}`,
        () => table.removeOverlay(path),
        removed(plain, path, "overlay", path, false),
      ];
  }
}

function removed(plain: PlainMounts, ...entry: Parameters<PlainMounts["isRemovable"]>): boolean {
  if (!plain.isRemovable(...entry)) return false;
  plain.remove(entry[0]);
  return true;
}
