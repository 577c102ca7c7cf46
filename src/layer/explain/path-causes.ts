/** Reasons that lie in the trees of two file systems, or in their blocks alone. */
import type { BlockDifferences } from "./block-differences.ts";
import { shownPath, shownValue } from "./cause-text.ts";
import type { Cause } from "./explanation.ts";
import { ownerText } from "./owner-text.ts";
import type { PathDifference, PathDifferences } from "./path-differences.ts";

const times: ReadonlySet<string> = new Set(["modifiedAt", "accessedAt", "changedAt", "createdAt"]);

/**
 * Causes by the first path, and by the first block where no path differs.
 *
 * @param implied the folders that the archive of one side implies, where there is an archive.
 */
export function pathCauses(
  paths: PathDifferences | undefined,
  blocks: BlockDifferences,
  implied?: ReadonlySet<string>,
): Cause[] {
  const first = paths?.differences[0];
  if (paths === undefined || first === undefined) return [blockCause(blocks)];
  const before2270 = impliedTimes(paths, implied);
  if (before2270) return [before2270];
  const whiteouts = whiteoutCause(paths);
  return [...(whiteouts ? [whiteouts] : []), pathCause(first)];
}

/** One path's difference in words. */
export function pathText({ kind, path, changes }: PathDifference): string {
  const name = shownPath(path);
  if (kind !== "changed") return `${name} is in ${kind === "only-in-a" ? "A" : "B"} alone`;
  const list = changes.map(({ name: what, a, b }) =>
    b === "" ? `${what} differs ${a}` : `${what} is ${shownValue(a)} in A and ${shownValue(b)} in B`,
  );
  return `${name}: ${list.join("; ")}`;
}

function pathCause(difference: PathDifference): Cause {
  const { kind, path } = difference;
  const message = `${pathText(difference)}.`;
  if (kind === "changed") {
    const advice = "Build both from the same archive; compare the archives themselves to see the entry.";
    return { code: "path-changed", message, path, advice };
  }
  return { code: "path-missing", message, path, advice: "Build both from the same archive." };
}

/** Folders of which nothing but times differs, and nothing else: what tools did that used the clock. */
function impliedTimes(
  { differences, onlyInA, onlyInB, changed }: PathDifferences,
  implied: ReadonlySet<string> | undefined,
): Cause | undefined {
  if (implied === undefined || onlyInA + onlyInB > 0 || differences.length < changed) return undefined;
  const all = differences.every(
    ({ path, changes }) => implied.has(path) && changes.every(({ name }) => times.has(name)),
  );
  const [first] = differences;
  if (!all || first === undefined) return undefined;
  const message = `Only the times of ${changed === 1 ? "one folder" : `${changed} folders`} differ, all without an entry in the archive (the first is ${pathText(first)}): the image was made by hcsshim before #2270 (September 2024), which gave such folders the time of the run.`;
  const advice = "Convert the layer anew with tools of today, or write entries for these folders.";
  return { code: "implied-parents-before-2270", message, path: first.path, advice };
}

/** A file `.wh.x` in one and a node `x` in the other. */
function whiteoutCause({ differences }: PathDifferences): Cause | undefined {
  const found = new Map(differences.map((difference) => [difference.path, difference]));
  for (const { kind, path } of differences) {
    const base = path.slice(path.lastIndexOf("/") + 1);
    if (kind === "changed" || !base.startsWith(".wh.")) continue;
    const hidden = path.slice(0, path.length - base.length) + base.slice(4);
    const other = found.get(hidden);
    if (base !== ".wh..wh..opq" && (other === undefined || other.kind === kind)) continue;
    const [plain, converted] = kind === "only-in-a" ? ["A", "B"] : ["B", "A"];
    const message = `${plain} has the whiteout ${shownPath(path)} as a file, ${converted} made overlayfs's form of it.`;
    const advice = "Convert whiteouts (tar2ext4 -overlay): layers of a policy have them converted.";
    return { code: "whiteouts", message, path, advice };
  }
  return undefined;
}

function blockCause({ runs, count }: BlockDifferences): Cause {
  const [first] = runs;
  const what = first ? ` The first is block ${first.firstBlock}: ${ownerText(first)}.` : "";
  return {
    code: "blocks",
    message: `No path differs in what can be told of it, but ${count} ${count === 1 ? "block does" : "blocks do"}.${what}`,
    advice:
      "See the list of blocks: file systems of different tools, or one that was changed by hand, look so.",
  };
}
