/** Opening a built image: its configuration, and its layers, verified as they are read. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes } from "../bytes/compare.ts";
import { toHex } from "../bytes/hex.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { DeviceError, FormatError, IntegrityError } from "../errors.ts";
import { type OpenedLayer, openLayer } from "../layer/opened-layer.ts";
import { type BuiltImage, IMAGE_MANIFEST_NAME, parseImageManifest } from "./image-manifest.ts";

/** How an image is opened. */
export interface OpenImageOptions {
  /**
   * The root hashes of its layers, base first, as a policy has them; or `"recorded"` for
   * those that the folder itself names, for who trusts the folder.
   */
  readonly rootHashes: readonly Uint8Array[] | "recorded";
  /** Names the image in errors; the folder unless given. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

const maxManifestSizeBytes = 16 * 1024 * 1024;

/** A built image, open. Configuration and names are the folder's word; the layers are verified. */
export class OpenedImage implements AsyncDisposable {
  /** What the folder says. */
  readonly description: BuiltImage;
  /** Base first. A layer that stands there twice is opened twice. */
  readonly layers: readonly OpenedLayer[];
  readonly #afterwards: () => Promise<void>;

  /** @param afterwards what is to be done once all layers are closed. */
  constructor(
    description: BuiltImage,
    layers: readonly OpenedLayer[],
    afterwards: () => Promise<void> = async () => {},
  ) {
    this.description = description;
    this.layers = layers;
    this.#afterwards = afterwards;
  }

  /**
   * Closes all layers.
   *
   * @throws {StateError} `busy` while one of them is in use; none is closed then.
   */
  async close(): Promise<void> {
    for (const layer of this.layers) layer.checkFree();
    try {
      await Promise.all(this.layers.map((layer) => layer.close()));
    } finally {
      await this.#afterwards();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens an image that `buildImage` made.
 *
 * @throws {DeviceError} `device-missing` where the folder or a file of it is not there.
 * @throws {FormatError} for a malformed `image.json` or layer.
 * @throws {IntegrityError} `identity-mismatch` where the image has other layers than root hashes were
 *   given for; as `openLayer` where a layer is not the one that its root hash stands for.
 */
export async function openImage(
  folder: string,
  { rootHashes, name = folder, signal }: OpenImageOptions,
): Promise<OpenedImage> {
  const description = parseImageManifest(await readManifest(folder), join(folder, IMAGE_MANIFEST_NAME));
  if (rootHashes !== "recorded") checkRootHashes(folder, description, rootHashes);
  const layers: OpenedLayer[] = [];
  try {
    for (const [index, { file, rootHash }] of description.layers.entries()) {
      const device = await FileDevice.open(join(folder, file));
      try {
        const label = `layer ${index} of ${name}`;
        layers.push(
          await openLayer(device, { rootHash, label, closeDevices: true, ...(signal && { signal }) }),
        );
      } catch (error) {
        await device.close();
        throw error;
      }
    }
    return new OpenedImage(description, layers);
  } catch (error) {
    for (const layer of layers) await layer.close();
    throw error;
  }
}

function checkRootHashes(folder: string, { layers }: BuiltImage, rootHashes: readonly Uint8Array[]): void {
  if (layers.length !== rootHashes.length) {
    const message = `${folder} has ${layers.length} layers, and ${rootHashes.length} root hashes are given`;
    throw new IntegrityError("identity-mismatch", message);
  }
  for (const [index, { rootHash }] of layers.entries()) {
    const expected = rootHashes[index] as Uint8Array;
    if (equalBytes(rootHash, expected)) continue;
    const message = `layer ${index} of ${folder} is of root hash ${toHex(rootHash)}, not ${toHex(expected)}`;
    throw new IntegrityError("identity-mismatch", message, { at: { layer: String(index) } });
  }
}

async function readManifest(folder: string): Promise<Uint8Array> {
  const path = join(folder, IMAGE_MANIFEST_NAME);
  try {
    await using file = await open(path, "r");
    const { size } = await file.stat();
    if (size > maxManifestSizeBytes)
      throw new FormatError("does-not-fit", `${path} is larger than it can be`);
    return new Uint8Array(await file.readFile());
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    const message = `${path} cannot be read: ${folder} is no image that was built here`;
    throw new DeviceError("device-missing", message, { at: { path }, cause });
  }
}
