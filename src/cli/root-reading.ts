/** `sealstone ls`, `cat`, `stat`, `tree` and `cp`: files of a merged root file system. */
import fs from "node:fs/promises";
import { basename, join } from "node:path";
import type { OverlayTree } from "../overlay/overlay-tree.ts";
import type { GroupContext } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { printContents } from "./file-contents.ts";
import { type CopyOptions, copyOut } from "./file-copies.ts";
import { printDescriptions } from "./file-descriptions.ts";
import { type FigureOptions, printFigure } from "./file-figure.ts";
import { type ListingOptions, printListing } from "./file-listing.ts";
import { openRootLayers, splitOperands, usage } from "./root-layers.ts";
import type { RootOptions } from "./root-options.ts";
import { typedPath, typedPaths } from "./typed-paths.ts";

/** As commander hands them over. */
export interface RootLsOptions extends RootOptions, ListingOptions {}
/** As commander hands them over. */
export interface RootTreeOptions extends RootOptions, FigureOptions {}
/** As commander hands them over. */
export interface RootCpOptions extends RootOptions, Pick<CopyOptions, "tar"> {}

/** Lists a directory of the root. */
export async function runLs(
  context: GroupContext,
  operands: readonly string[],
  options: RootLsOptions,
): Promise<ExitCode> {
  return await withRoot(context, operands, options, 1, (tree, [path = "/"]) =>
    printListing(context, tree, typedPath(path), options),
  );
}

/** Writes files. */
export async function runCat(
  context: GroupContext,
  operands: readonly string[],
  options: RootOptions,
): Promise<ExitCode> {
  return await withRoot(context, operands, options, Number.POSITIVE_INFINITY, (tree, paths) => {
    if (paths.length === 0) throw usage("sealstone cat: name the files to write.");
    return printContents(context, tree, typedPaths(paths), options);
  });
}

/** Describes files. */
export async function runStat(
  context: GroupContext,
  operands: readonly string[],
  options: RootOptions,
): Promise<ExitCode> {
  return await withRoot(context, operands, options, Number.POSITIVE_INFINITY, (tree, paths) =>
    printDescriptions(context, tree, typedPaths(paths.length === 0 ? ["/"] : paths), options),
  );
}

/** Draws a directory and all below it. */
export async function runTree(
  context: GroupContext,
  operands: readonly string[],
  options: RootTreeOptions,
): Promise<ExitCode> {
  return await withRoot(context, operands, options, 1, (tree, [path = "/"]) =>
    printFigure(context, tree, typedPath(path), options),
  );
}

/** Copies a file or a directory to this machine. */
export async function runCp(
  context: GroupContext,
  operands: readonly string[],
  options: RootCpOptions,
): Promise<ExitCode> {
  return await withRoot(context, operands, options, 2, async (tree, [path, to]) => {
    if (path === undefined || to === undefined) {
      throw usage("sealstone cp: name a file or directory of the image, and where it goes.");
    }
    const typed = typedPath(path);
    const isInto = await isDirectory(to);
    if (isInto && typeof typed !== "string") {
      throw usage(`sealstone cp: ${path} is no UTF-8: say what it is to be called in ${to}.`);
    }
    await copyOut(context, tree, typed, { ...options, output: isInto ? join(to, basename(path)) : to });
  });
}

/** Opens the root, and has something done with it and the operands that are left. */
async function withRoot(
  context: GroupContext,
  operands: readonly string[],
  options: RootOptions,
  mostOperands: number,
  work: (tree: OverlayTree, rest: readonly string[]) => Promise<void>,
): Promise<ExitCode> {
  const { image, rest } = splitOperands(operands, options);
  if (rest.length > mostOperands)
    throw usage(`sealstone: too many operands; --layer stands in place of <image>.`);
  await using root = await openRootLayers(context, image, options);
  await using tree = await root.merged();
  await work(tree, rest);
  return exitCodes.success;
}

function isDirectory(path: string): Promise<boolean> {
  return fs.stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
