/**
 * A layer as a host offers it: its metadata, fetched once, and the root hash that its tree shows. Whoever decides
 * by that hash opens the layer from the same bytes: the host is not asked for them again.
 */
import type { BlockDevice } from "../device/block-device.ts";
import { PinnedDevice } from "../device/pinned-device.ts";
import { invariant } from "../errors.ts";
import { withLayer } from "./layer-error.ts";
import { type InspectionOptions, inspectLayer } from "./layer-inspection.ts";
import { type OpenedLayer, type OpenLayerOptions, openLayer } from "./opened-layer.ts";
import { shownRootHash } from "./root-block.ts";

/** How to look at an offer. */
export interface OfferOptions extends InspectionOptions {
  /** Names the layer in errors; by default the device's name. */
  readonly label?: string;
}

/** See the head of this file. Made by `offeredLayer`. */
export class OfferedLayer {
  /** 32 bytes: the digest of the tree's top block, as the host shows it. Nothing is verified yet. */
  readonly rootHash: Uint8Array;
  readonly #device: PinnedDevice;
  readonly #options: OfferOptions;

  constructor(device: PinnedDevice, rootHash: Uint8Array, options: OfferOptions) {
    this.rootHash = rootHash;
    this.#device = device;
    this.#options = options;
  }

  /**
   * Opens the layer under the root hash that it showed.
   *
   * @throws as `openLayer`.
   */
  open(
    options: Omit<
      OpenLayerOptions,
      "rootHash" | "hashDevice" | "closeDevices" | "label" | "ignoreTrailingBytes"
    > = {},
  ): Promise<OpenedLayer> {
    const { label, ignoreTrailingBytes = false } = this.#options;
    return openLayer(this.#device, {
      ...options,
      rootHash: this.rootHash,
      ignoreTrailingBytes,
      closeDevices: true,
      ...(label !== undefined && { label }),
    });
  }
}

/**
 * Fetches what a device's metadata says of a layer.
 *
 * @param device the host's; everything on one device. It stays its owner's to close, after the layer.
 * @throws {FormatError} where the metadata is not a layer's: see `inspectLayer`.
 * @throws {DeviceError} when the device fails.
 * @throws the signal's reason after an abort.
 */
export async function offeredLayer(device: BlockDevice, options: OfferOptions = {}): Promise<OfferedLayer> {
  const { label = device.name, signal } = options;
  const pinned = new PinnedDevice(device);
  try {
    signal?.throwIfAborted();
    const { layout, problems } = await inspectLayer({ data: pinned }, options);
    const [first] = problems;
    if (first !== undefined) throw first;
    invariant(layout !== undefined, "an image without a layout has a problem");
    const rootHash = await shownRootHash(pinned, layout.geometry, signal);
    pinned.stopPinning();
    return new OfferedLayer(pinned, rootHash, options);
  } catch (error) {
    throw withLayer(error, label);
  }
}
