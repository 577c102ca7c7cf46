/** The layers that a command is to merge: an image's, or layer images one by one. */
import { fromHex } from "../bytes/hex.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { LayerCache } from "../image/layer-cache.node.ts";
import { obtainImage } from "../image/obtain-image.node.ts";
import { type OpenedLayer, openLayer } from "../layer/opened-layer.ts";
import { checkLayers } from "../overlay/layer-decision.ts";
import { openOverlay } from "../overlay/open-overlay.ts";
import type { OverlayTree } from "../overlay/overlay-tree.ts";
import type { GroupContext } from "./action-group.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { layerThreads, platformChoice } from "./image-work.ts";
import { openPolicyFile } from "./policy-file.ts";
import { ProgressBar } from "./progress.ts";
import type { RootOptions } from "./root-options.ts";

/** Layers, open. Disposing closes them. */
export class RootLayers implements AsyncDisposable {
  /** What the command calls them. */
  readonly name: string;
  /** Base first. */
  readonly layers: readonly OpenedLayer[];
  readonly #close: () => Promise<void>;

  constructor(name: string, layers: readonly OpenedLayer[], close: () => Promise<void>) {
    this.name = name;
    this.layers = layers;
    this.#close = close;
  }

  /** The layers merged, for reading. To be closed before they are. */
  merged(): Promise<OverlayTree> {
    return openOverlay(this.layers.map(({ tree }) => tree).reverse(), { name: this.name });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/**
 * Which operands are the image's, and which the action's: with `--layer` none are the image's.
 *
 * @throws {CommandFailure} wrong usage where there is neither.
 */
export function splitOperands(
  operands: readonly string[],
  { layer }: RootOptions,
): { readonly image: string | undefined; readonly rest: readonly string[] } {
  if (layer !== undefined) return { image: undefined, rest: operands };
  const [image, ...rest] = operands;
  if (image === undefined) throw usage("sealstone: name an image, or its layers with --layer.");
  return { image, rest };
}

/**
 * Opens an image, or what `--layer` names, and holds the layers against the policy that `--policy` names.
 *
 * @throws as `obtainImage`, `openLayer` and `checkLayers`; `CommandFailure` for a `--layer` that is none.
 */
export async function openRootLayers(
  context: GroupContext,
  image: string | undefined,
  options: RootOptions,
): Promise<RootLayers> {
  const policy = options.policy === undefined ? undefined : await listedLayers(options.policy);
  const root = await openLayers(context, image, options);
  try {
    if (policy !== undefined) {
      const rootHashes = root.layers.map(({ rootHash }) => rootHash).reverse();
      checkLayers({ container: root.name, layers: policy }, rootHashes);
    }
    return root;
  } catch (error) {
    await root[Symbol.asyncDispose]();
    throw error;
  }
}

/** The layers of each container of a policy, from the base up. Whose text it is, is not asked: it is the caller's own. */
async function listedLayers(path: string): Promise<readonly (readonly string[])[]> {
  const { name, outline } = await openPolicyFile(path);
  const { containers, unreadLists } = outline;
  if (containers.length > 0) return containers.map(({ layers }) => layers);
  const why = unreadLists.includes("containers") ? "in a form that tools write" : "that may be started";
  throw new CommandFailure(
    exitCodes.failure,
    `${name} lists no containers ${why}: see \`sealstone policy show\`.`,
  );
}

async function openLayers(
  context: GroupContext,
  image: string | undefined,
  options: RootOptions,
): Promise<RootLayers> {
  if (image === undefined) return await openNamedLayers(context, options.layer ?? []);
  const { terminal, signal } = context;
  const { digest, cache } = options;
  const warn = (message: string): void => terminal.err(`sealstone: ${message}.`);
  using bar = new ProgressBar(terminal, "Building");
  const opened = await obtainImage(image, {
    platform: platformChoice(options.platform),
    threads: layerThreads(options),
    insecure: options.insecure ?? false,
    ...(digest !== undefined && { digest }),
    isPinnedByPolicy: options.policy !== undefined,
    ...(cache !== undefined && { cache: await LayerCache.open(cache, warn) }),
    onProgress: ({ doneBytes, totalBytes }) => bar.update(doneBytes, totalBytes),
    signal,
  });
  const { manifestDigest, configDigest, layers } = opened.description;
  context.debug(`${manifestDigest ?? configDigest}, ${layers.length} layers`);
  return new RootLayers(image, opened.layers, () => opened.close());
}

async function openNamedLayers({ signal }: GroupContext, named: readonly string[]): Promise<RootLayers> {
  const parts = named.map(parseLayer);
  const layers: OpenedLayer[] = [];
  const close = async (): Promise<void> => {
    for (const layer of layers) await layer.close();
  };
  try {
    for (const { path, rootHash } of parts) {
      const device = await FileDevice.open(path);
      try {
        layers.push(await openLayer(device, { rootHash, closeDevices: true, signal }));
      } catch (error) {
        await device.close();
        throw error;
      }
    }
    return new RootLayers("layers", layers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** A path may hold a `=`, and a root hash none. */
function parseLayer(text: string): { path: string; rootHash: Uint8Array } {
  const [, path, digits] = /^(.+)=([0-9a-fA-F]{64})$/s.exec(text) ?? [];
  if (path !== undefined && digits !== undefined) return { path, rootHash: fromHex(digits, "root hash") };
  throw usage(
    "sealstone: --layer is a layer image, =, and its root hash of 64 hex digits.\n`sealstone layer roothash` computes it from the layer's tar; a policy names it.",
  );
}

/** Ends the command with what is wrong about how it was called. */
export function usage(message: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, message);
}
