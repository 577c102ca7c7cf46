/** `sealstone image build`: the layer images of an image, in a folder. */
import { fromHex, toHex } from "../bytes/hex.ts";
import { buildImage } from "../image/build-image.node.ts";
import { layerJson } from "../image/image-manifest.ts";
import { LayerCache } from "../image/layer-cache.node.ts";
import { formatPlatform } from "../oci/platform.ts";
import type { GroupContext } from "./action-group.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { ImageBuildOptions } from "./image-options.ts";
import { startImageWork } from "./image-work.ts";
import { ProgressBar } from "./progress.ts";

/** Builds the image that is the one operand. */
export async function runImageBuild(
  context: GroupContext,
  [text = ""]: readonly string[],
  options: ImageBuildOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { output, uuid } = checked(options);
  const cache = options.cache === undefined ? undefined : await openCache(context, options.cache);
  await using work = await startImageWork(context, text, options);
  using bar = new ProgressBar(terminal, "Building");
  const image = await buildImage(work.source, output, {
    platform: work.platform,
    maker: work.threads,
    concurrency: work.concurrency,
    signal,
    ...(cache && { cache }),
    ...(uuid && { uuid }),
    onProgress: ({ doneBytes, totalBytes }) => bar.update(doneBytes, totalBytes),
  });
  bar[Symbol.dispose]();
  const { name, manifestDigest, configDigest, configuration, layers } = image;
  if (!options.json) {
    for (const { diffId, rootHash, file } of layers) terminal.out(`${diffId}  ${toHex(rootHash)}  ${file}`);
    return exitCodes.success;
  }
  terminal.out(
    JSON.stringify({
      image: name,
      platform: formatPlatform(configuration.platform),
      ...(manifestDigest !== undefined && { manifestDigest }),
      configDigest,
      layers: layers.map((layer) => ({ rootHash: toHex(layer.rootHash), ...layerJson(layer) })),
    }),
  );
  return exitCodes.success;
}

function checked({ output, uuid, cache }: ImageBuildOptions): {
  output: string;
  uuid: Uint8Array | undefined;
} {
  if (output === undefined) throw usage("sealstone image build: needs -o <dir>, the folder to make.");
  if (uuid === undefined) return { output, uuid: undefined };
  if (!/^[0-9a-fA-F]{32}$/.test(uuid)) throw usage("--uuid is 32 hex digits.");
  if (cache !== undefined)
    throw usage("--uuid and --cache do not go together: layers in a cache have UUIDs of their own.");
  return { output, uuid: fromHex(uuid, "--uuid") };
}

function openCache({ terminal }: GroupContext, folder: string): Promise<LayerCache> {
  return LayerCache.open(folder, (message) => terminal.err(`sealstone: ${message}.`));
}

function usage(message: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, message);
}
