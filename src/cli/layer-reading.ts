/** `sealstone layer ls`, `cat`, `stat` and `extract`: files of a verified layer. */
import { toHex } from "../bytes/hex.ts";
import type { GroupContext } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { printContents } from "./file-contents.ts";
import { type CopyOptions, copyOut } from "./file-copies.ts";
import { printDescriptions } from "./file-descriptions.ts";
import { type ListingOptions, printListing } from "./file-listing.ts";
import type { LayerFileOptions } from "./layer-file-options.ts";
import { openLayerFile } from "./layer-files.ts";
import { typedPath, typedPaths } from "./typed-paths.ts";

/** As commander hands them over. */
export interface LayerLsOptions extends LayerFileOptions, ListingOptions {}
/** As commander hands them over. */
export interface LayerExtractOptions extends LayerFileOptions, CopyOptions {}

/** Lists the image that is the first operand, at the path that is the second. */
export async function runLayerLs(
  context: GroupContext,
  [imagePath = "", path = "/"]: readonly string[],
  options: LayerLsOptions,
): Promise<ExitCode> {
  await using layer = await openLayerFile(context, imagePath, options);
  await printListing(context, layer.tree, typedPath(path), options);
  return exitCodes.success;
}

/** Writes the files that follow the image. */
export async function runLayerCat(
  context: GroupContext,
  [imagePath = "", ...paths]: readonly string[],
  options: LayerFileOptions,
): Promise<ExitCode> {
  await using layer = await openLayerFile(context, imagePath, options);
  await printContents(context, layer.tree, typedPaths(paths), options);
  return exitCodes.success;
}

/** Describes the files that follow the image. */
export async function runLayerStat(
  context: GroupContext,
  [imagePath = "", ...paths]: readonly string[],
  options: LayerFileOptions,
): Promise<ExitCode> {
  await using layer = await openLayerFile(context, imagePath, options);
  await printDescriptions(context, layer.tree, typedPaths(paths), options);
  return exitCodes.success;
}

/** Extracts the image that is the first operand, from the path on that is the second. */
export async function runLayerExtract(
  context: GroupContext,
  [imagePath = "", path = "/"]: readonly string[],
  options: LayerExtractOptions,
): Promise<ExitCode> {
  await using layer = await openLayerFile(context, imagePath, options);
  await copyOut(context, layer.tree, typedPath(path), options, { rootHash: toHex(layer.rootHash) });
  return exitCodes.success;
}
