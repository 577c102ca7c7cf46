/** `sealstone image roothash`: the root hash of each layer of an image. */
import { toHex } from "../bytes/hex.ts";
import { type ImageRootHashes, imageRootHashes } from "../image/root-hashes.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { GroupContext } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ImageOptions } from "./image-options.ts";
import { startImageWork } from "./image-work.ts";
import { ProgressBar } from "./progress.ts";

/** Prints the root hashes of the image that is the one operand. */
export async function runImageRootHash(
  context: GroupContext,
  [text = ""]: readonly string[],
  options: ImageOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const result = await hashImage(context, text, options);
  if (options.json) terminal.out(JSON.stringify(rootHashesJson(result)));
  else for (const { diffId, rootHash } of result.layers) terminal.out(`${diffId}  ${toHex(rootHash)}`);
  return exitCodes.success;
}

/**
 * Computes the root hashes of an image's layers, and shows how far it is; nothing is written.
 *
 * @throws as `startImageWork` and `imageRootHashes`.
 */
export async function hashImage(
  context: GroupContext,
  name: string,
  options: ImageOptions,
): Promise<ImageRootHashes> {
  const { terminal, signal } = context;
  await using work = await startImageWork(context, name, options);
  using bar = new ProgressBar(terminal, "Hashing");
  return await imageRootHashes(work.source, {
    platform: work.platform,
    maker: work.threads,
    concurrency: work.concurrency,
    signal,
    onProgress: ({ doneBytes, totalBytes }) => bar.update(doneBytes, totalBytes),
  });
}

function rootHashesJson({ image, layers }: ImageRootHashes): Record<string, unknown> {
  const { name, manifestDigest, configDigest, configuration } = image;
  return {
    image: name,
    platform: formatPlatform(configuration.platform),
    ...(manifestDigest !== undefined && { manifestDigest }),
    configDigest,
    layers: layers.map(({ blob, diffId, rootHash, ext4SizeBytes }) => ({
      diffId,
      ...(blob.digest !== undefined && { digest: blob.digest }),
      rootHash: toHex(rootHash),
      ext4SizeBytes,
    })),
  };
}
