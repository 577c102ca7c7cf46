/** Random calls on a tree, by a seed, in directories that grow large enough for an index. */
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import type { TreeCall } from "../tree/contract-model.ts";

const kinds = [
  ...["directory", "file", "file", "file", "file", "symlink", "fifo", "characterDevice", "unlink", "unlink"],
  ...["rmdir", "link", "rename", "rename", "write", "append", "truncate", "setattr", "setxattr", "setxattr"],
  "removexattr",
] as const;

/** One call; most lead into `d`, under one of many names. */
export function randomCall(random: SeededRandom): TreeCall {
  return {
    what: random.pick(kinds),
    path: randomPath(random),
    other: randomPath(random),
    number: random.below(20_000),
    onto: random.pick(["replace", "replace", "refuse", "exchange"]),
  };
}

function randomPath(random: SeededRandom): string[] {
  const name = `name ${random.below(150)} ${"-".repeat(random.below(3) * 60)}`;
  if (random.oneIn(25)) return [random.pick(["d", "e"])];
  if (random.oneIn(4)) return ["e", `${random.below(4)}`];
  return [random.pick(["d", "d", "d", "e"]), name];
}
