/** One archive made into a layer image, and what every oracle has to say of it. */
import { join } from "node:path";
import { archiveNames } from "./archive-names.ts";
import { buildLayerFile, listLayer } from "./layer-file.ts";
import { type ArchiveQuirks, extractedFields, knownToGnuTar, knownToKernel } from "./quirks.ts";
import { fsckComplaints, listExtracted, listMounted, runTool } from "./system-tools.ts";
import { differences, type TreeListing } from "./tree-listing.ts";

/** What came of it. */
export interface Judgement {
  /** The image as our reader lists it. */
  readonly listing: TreeListing;
  /** A line for whatever an oracle did not agree with. */
  readonly findings: readonly string[];
}

/**
 * Builds an image from a plain tar in a folder and asks: veritysetup, whether its
 * tree holds; e2fsck, whether its file system does; the kernel, whether it shows
 * what our reader shows; GNU tar, whether it extracts the same from the archive.
 */
export async function judgeLayer(
  archive: string,
  folder: string,
  quirks: ArchiveQuirks = {},
): Promise<Judgement> {
  const image = join(folder, "image");
  const names = await archiveNames(archive);
  const { rootHash, ext4SizeBytes } = await buildLayerFile(archive, image, { convertWhiteouts: true });
  const verify = ["verify", image, image, rootHash, `--hash-offset=${ext4SizeBytes}`];
  const verified = runTool("veritysetup", verify);
  const listing = await listLayer(image, rootHash);
  const mounted = listMounted(image);
  const findings = [
    ...(verified.code === 0 ? [] : [`veritysetup: ${verified.code} ${verified.stderr}${verified.stdout}`]),
    ...fsckComplaints(image).flatMap((line) => (quirks.fsck?.test(line) ? [] : [`e2fsck: ${line}`])),
    ...differences(listing, mounted, undefined, knownToKernel(listing, mounted, quirks)).map(
      (line) => `kernel: ${line}`,
    ),
  ];
  if (quirks.notForGnuTar !== undefined) return { listing, findings };
  // GNU tar knows no whiteouts: it is held against the image that keeps them as the files that they are.
  const plain = names.whiteouts ? await listWithWhiteouts(archive, folder) : listing;
  const extracted = listExtracted(archive);
  const known = knownToGnuTar(plain, extracted, names, quirks);
  const lines = differences(plain, extracted, extractedFields, known);
  return { listing, findings: [...findings, ...lines.map((line) => `GNU tar: ${line}`)] };
}

async function listWithWhiteouts(archive: string, folder: string): Promise<TreeListing> {
  const image = join(folder, "image-with-whiteouts");
  const { rootHash } = await buildLayerFile(archive, image, { convertWhiteouts: false });
  return listLayer(image, rootHash);
}
