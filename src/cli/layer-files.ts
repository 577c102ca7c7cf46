/** The files of a layer image, and the root hash to hold them against. */
import { fromHex } from "../bytes/hex.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { type OpenedLayer, openLayer } from "../layer/opened-layer.ts";
import { LAYER_ROOT_HASH_SIZE_BYTES } from "../layer/verity-parameters.ts";
import { readBoundedFile } from "./bounded-file.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import type { LayerFileOptions } from "./layer-file-options.ts";

const rootHashDigits = 2 * LAYER_ROOT_HASH_SIZE_BYTES;
/** Room for the digits, and for the line end that editors put after them. */
const maxRootHashFileBytes = rootHashDigits + 2;

/**
 * The root hash that the caller trusts.
 *
 * @throws {CommandFailure} wrong usage where none is given, or two, or what is given is none.
 */
export async function layerRootHash({ rootHash, rootHashFile }: LayerFileOptions): Promise<Uint8Array> {
  if ((rootHash === undefined) === (rootHashFile === undefined)) {
    throw usage(
      "sealstone layer: give --root-hash or --root-hash-file, one of them.\n`sealstone layer roothash` computes it from the layer's tar; a policy names it.",
    );
  }
  if (rootHash !== undefined) return decoded(rootHash, "--root-hash");
  const path = rootHashFile ?? "";
  const text = new TextDecoder("latin1").decode(
    await readBoundedFile(path, "root hash file", maxRootHashFileBytes, "ignore"),
  );
  return decoded(text.replace(/\r?\n$/, ""), path);
}

/** The open files of an image. Disposing closes them. */
export class LayerFiles implements AsyncDisposable {
  readonly image: FileDevice;
  /** Absent where the image holds all. */
  readonly hashDevice: FileDevice | undefined;

  private constructor(image: FileDevice, hashDevice: FileDevice | undefined) {
    this.image = image;
    this.hashDevice = hashDevice;
  }

  /**
   * Opens for reading.
   *
   * @throws {DeviceError} `device-missing` or `device-failed`.
   */
  static async open(imagePath: string, { hashDevice }: LayerFileOptions): Promise<LayerFiles> {
    const image = await FileDevice.open(imagePath);
    try {
      return new LayerFiles(image, hashDevice === undefined ? undefined : await FileDevice.open(hashDevice));
    } catch (error) {
      await image.close();
      throw error;
    }
  }

  /** As `openLayer` and `verifyLayer` take it. */
  get devices(): { readonly hashDevice?: FileDevice } {
    return this.hashDevice === undefined ? {} : { hashDevice: this.hashDevice };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.image.close();
    await this.hashDevice?.close();
  }
}

/**
 * Opens the image's files and the layer in them. Disposing the layer closes the files.
 *
 * @throws as `layerRootHash`, `LayerFiles.open` and `openLayer` do.
 */
export async function openLayerFile(
  { signal }: CommandContext,
  imagePath: string,
  options: LayerFileOptions,
): Promise<OpenedLayer> {
  const rootHash = await layerRootHash(options);
  const files = await LayerFiles.open(imagePath, options);
  try {
    return await openLayer(files.image, {
      rootHash,
      ...files.devices,
      ...(options.ignoreTrailingBytes && { ignoreTrailingBytes: true }),
      closeDevices: true,
      signal,
    });
  } catch (error) {
    await files[Symbol.asyncDispose]();
    throw error;
  }
}

function decoded(text: string, source: string): Uint8Array {
  if (text.length !== rootHashDigits || !/^[0-9a-fA-F]*$/.test(text)) {
    throw usage(
      `sealstone layer: ${source} holds no root hash.\nA layer's root hash is ${rootHashDigits} hex digits.`,
    );
  }
  return fromHex(text, "root hash");
}

function usage(message: string): CommandFailure {
  return new CommandFailure(exitCodes.usage, message);
}
