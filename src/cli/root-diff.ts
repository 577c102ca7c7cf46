/** `sealstone diff`: how two merged root file systems differ. */

import { compareTrees } from "../tree/compare-trees.ts";
import type { FileTree, TreeNode } from "../tree/file-tree.ts";
import type { TreePath } from "../tree/path.ts";
import { type TreeChange, treeChangeText } from "../tree/tree-change.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupContext } from "./action-group.ts";
import { changeJson } from "./change-json.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { openRootLayers, splitOperands, usage } from "./root-layers.ts";
import type { RootOptions } from "./root-options.ts";
import { typedPath } from "./typed-paths.ts";

/** As commander hands them over. */
export interface RootDiffOptions extends RootOptions {
  readonly otherDigest?: string;
  readonly times?: boolean;
}

/** Compares the image, or what `--layer` names, with another image, from a path on. */
export async function runDiff(
  context: GroupContext,
  operands: readonly string[],
  options: RootDiffOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { image, rest } = splitOperands(operands, options);
  const [other, path = "/"] = rest;
  if (other === undefined || rest.length > 2) {
    throw usage("sealstone diff: name two images, and perhaps a path in both.");
  }
  const { digest: _, otherDigest, ...shared } = options;
  await using first = await openRootLayers(context, image, options);
  const otherOptions = { ...shared, ...(otherDigest !== undefined && { digest: otherDigest }) };
  await using second = await openRootLayers(context, other, otherOptions);
  await using before = await first.merged();
  await using after = await second.merged();
  const typed = typedPath(path);
  const sides = [await startOf(before, typed, signal), await startOf(after, typed, signal)] as const;
  let count = 0;
  for await (const found of compareTrees(...sides, { signal })) {
    const change = options.times === false ? withoutTimes(found) : found;
    if (change === undefined) continue;
    if (options.json) terminal.out(`${count === 0 ? "[" : ","}${JSON.stringify(changeJson(change))}`);
    else terminal.out(treeChangeText(change));
    count++;
  }
  if (options.json) terminal.out(count === 0 ? "[]" : "]");
  return count === 0 ? exitCodes.success : exitCodes.failure;
}

async function startOf(
  tree: FileTree,
  path: TreePath,
  signal: AbortSignal,
): Promise<{ readonly tree: FileTree; readonly node: TreeNode }> {
  const { node } = await new TreeFiles(tree).resolve(path, { signal, followSymlinks: false });
  return { tree, node };
}

/** A change without the time of modification; undefined where nothing else differs. */
export function withoutTimes(change: TreeChange): TreeChange | undefined {
  if (change.kind !== "modified") return change;
  const differences = change.differences.filter(({ field }) => field !== "modifiedAt");
  return differences.length === 0 ? undefined : { ...change, differences };
}
