/** `sealstone diff`: how a merged root file system differs from another, or from a tar or a folder. */

import { compareTrees } from "../tree/compare-trees.ts";
import type { FileTree, TreeNode } from "../tree/file-tree.ts";
import type { TreePath } from "../tree/path.ts";
import { type TreeChange, treeChangeText } from "../tree/tree-change.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupContext } from "./action-group.ts";
import { changeJson } from "./change-json.ts";
import { type Compared, type DiffSide, folderSide, imageSide, tarSide } from "./diff-side.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { openRootLayers, splitOperands, usage } from "./root-layers.ts";
import type { RootOptions } from "./root-options.ts";
import { typedPath } from "./typed-paths.ts";

/** As commander hands them over. */
export interface RootDiffOptions extends RootOptions {
  readonly otherDigest?: string;
  readonly againstTar?: string;
  readonly againstFolder?: string;
  /** False with `--no-times`. */
  readonly times?: boolean;
}

/** Compares the image, or what `--layer` names, with another image, a tar or a folder, from a path on. */
export async function runDiff(
  context: GroupContext,
  operands: readonly string[],
  options: RootDiffOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { image, rest } = splitOperands(operands, options);
  const { other, path } = otherOf(rest, options);
  await using first = await openRootLayers(context, image, options);
  await using before = await first.merged();
  await using second = await other(context);
  for (const note of second.notes) terminal.err(`sealstone diff: ${note}.`);
  const typed = typedPath(path);
  const sides = [await startOf(before, typed, signal), await startOf(second.tree, typed, signal)] as const;
  const isCompared: Compared = (field, type) =>
    second.isCompared(field, type) && (field !== "modifiedAt" || options.times !== false);
  let count = 0;
  for await (const found of compareTrees(...sides, { signal })) {
    const change = withCompared(found, isCompared);
    if (change === undefined) continue;
    if (options.json) terminal.out(`${count === 0 ? "[" : ","}${JSON.stringify(changeJson(change))}`);
    else terminal.out(treeChangeText(change));
    count++;
  }
  if (options.json) terminal.out(count === 0 ? "[]" : "]");
  return count === 0 ? exitCodes.success : exitCodes.failure;
}

/** What the image is held against: an operand's image, or what one of the options names. */
function otherOf(
  rest: readonly string[],
  options: RootDiffOptions,
): { readonly other: (context: GroupContext) => Promise<DiffSide>; readonly path: string } {
  const { digest: _, otherDigest, againstTar: tar, againstFolder: folder, ...shared } = options;
  const named = tar ?? folder;
  if (named !== undefined) {
    const [path = "/"] = rest;
    if ((tar !== undefined && folder !== undefined) || rest.length > 1 || otherDigest !== undefined) {
      throw usage("sealstone diff: name one thing to hold the image against, and perhaps a path in both.");
    }
    if (tar === undefined) return { path, other: () => folderSide(named) };
    return { path, other: (context) => tarSide(context, tar, options) };
  }
  const [image, path = "/"] = rest;
  if (image === undefined || rest.length > 2) {
    throw usage("sealstone diff: name two images, and perhaps a path in both.");
  }
  const otherOptions = { ...shared, ...(otherDigest !== undefined && { digest: otherDigest }) };
  return { path, other: (context) => imageSide(context, image, otherOptions) };
}

async function startOf(
  tree: FileTree,
  path: TreePath,
  signal: AbortSignal,
): Promise<{ readonly tree: FileTree; readonly node: TreeNode }> {
  const { node } = await new TreeFiles(tree).resolve(path, { signal, followSymlinks: false });
  return { tree, node };
}

/** A change with what is compared alone; undefined where nothing of that differs. */
function withCompared(change: TreeChange, isCompared: Compared): TreeChange | undefined {
  if (change.kind !== "modified") return change;
  const { type } = change.before;
  const differences = change.differences.filter(({ field }) => isCompared(field, type));
  return differences.length === 0 ? undefined : { ...change, differences };
}
