/**
 * Opening a layer: an image from the host, a root hash from the policy, and out
 * of them a device and a file tree that hold what the hash stands for, or an error.
 *
 * ## Security
 * The root hash is all that the caller need trust. It does not fix how many
 * blocks it stands for: an interior block of the tree, offered as the root of a
 * smaller device, has the right digest. So the size is read twice, from the
 * host's bytes to find the tree, and again from the verified device, where the
 * file system itself must say the same; and salt, algorithm and block sizes are
 * a layer's, whatever the superblock says.
 */
import { equalBytes } from "../bytes/compare.ts";
import { copyOf } from "../bytes/copy.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, IntegrityError, invariant, UsageError } from "../errors.ts";
import { openExt4 } from "../ext4/ext4-tree.ts";
import type { FileTree } from "../tree/file-tree.ts";
import type { CorruptionEvent, VerityStatus } from "../verity/corruption.ts";
import { VerityDevice } from "../verity/device.ts";
import { copyIdentity, type VerityIdentity } from "../verity/identity.ts";
import { readFileSystemSize } from "./file-system-size.ts";
import { withLayer } from "./layer-error.ts";
import { type LayerHold, LayerHolds } from "./layer-holds.ts";
import { inspectLayer, type LayerLayout } from "./layer-inspection.ts";
import type { LayerTrailer } from "./layer-trailer.ts";
import { rootHashMismatch, shownRootHash } from "./root-block.ts";
import { LAYER_ROOT_HASH_SIZE_BYTES, layerIdentity } from "./verity-parameters.ts";

/** How to open a layer. The root hash is the caller's and trusted; the devices are the host's. */
export interface OpenLayerOptions {
  /** 32 bytes, from the policy. Copied. */
  readonly rootHash: Uint8Array;
  /**
   * Holds superblock and tree, where the image does not (as `dmverity-vhd create -hdv`
   * writes them). By default all is on one device.
   */
  readonly hashDevice?: BlockDevice;
  /** Names the layer in errors; by default the device's name. */
  readonly label?: string;
  /** Takes devices that go on behind the layer; default: they are refused. See `InspectionOptions`. */
  readonly ignoreTrailingBytes?: boolean;
  /** How much memory verified hash blocks may take; see `VerityDeviceOptions`. */
  readonly hashCacheBytes?: number;
  /** Told of each block that was not the true one; see `VerityDeviceOptions`. */
  readonly onCorruption?: (event: CorruptionEvent) => void;
  /** Whether `close` closes the host's devices too; by default they stay the caller's to close. */
  readonly closeDevices?: boolean;
  /** Aborts the opening. */
  readonly signal?: AbortSignal;
}

interface OpenedParts {
  readonly label: string;
  readonly identity: VerityIdentity;
  readonly device: VerityDevice;
  readonly tree: FileTree;
  readonly trailers: readonly LayerTrailer[];
  /** Who uses it: device and tree are not closed under them. */
  readonly holds: LayerHolds;
  /** To be closed with the layer. */
  readonly below: readonly BlockDevice[];
}

/** Known to this file alone: nobody else makes a layer that was not verified. */
const key = Symbol("opened layer");

/** A verified layer. Only `openLayer` makes one; `OpenedLayer.isOne` tells it from anything that looks like it. */
export class OpenedLayer implements AsyncDisposable {
  readonly #parts: OpenedParts;

  /** Not to be called: see `openLayer`. */
  constructor(parts: OpenedParts, secret: symbol) {
    invariant(secret === key, "a layer is opened by openLayer");
    this.#parts = parts;
    // A getter cannot be shadowed on the object then.
    Object.freeze(this);
  }

  /** Whether something is a layer that `openLayer` verified, and not made to look like one. */
  static isOne(value: unknown): value is OpenedLayer {
    return typeof value === "object" && value !== null && #parts in value;
  }

  /** The caller's name for the layer. */
  get label(): string {
    return this.#parts.label;
  }

  /** What pins the layer: a copy. */
  get identity(): VerityIdentity {
    return copyIdentity(this.#parts.identity);
  }

  /** The root hash that the layer was opened with: a copy. */
  get rootHash(): Uint8Array {
    return copyOf(this.#parts.identity.rootHash);
  }

  /** The file system's bytes, verified as they are read. Closing it is `busy` while somebody holds the layer. */
  get device(): BlockDevice {
    return this.#parts.device;
  }

  /** The files, read through the verified device. Closing it is `busy` while somebody holds the layer. */
  get tree(): FileTree {
    return this.#parts.tree;
  }

  /** `"C"` once a block has been found corrupt, and for good. */
  get status(): VerityStatus {
    return this.#parts.device.status;
  }

  /** What stands behind the layer on its devices: none of it is verified, and none is read. */
  get trailers(): readonly LayerTrailer[] {
    return this.#parts.trailers;
  }

  /** Who uses the layer now: see `hold`. */
  get holders(): readonly string[] {
    return this.#parts.holds.holders;
  }

  /**
   * Keeps the layer open for someone, until that lets go.
   *
   * @param holder names who it is in the error of `close`: a container's id.
   * @throws {StateError} `closed`.
   */
  hold(holder: string): LayerHold {
    return this.#parts.holds.add(holder, this.label);
  }

  /**
   * Refuses what would close a layer in use.
   *
   * @throws {StateError} `busy`, which says by whom.
   */
  checkFree(): void {
    this.#parts.holds.checkFree(this.label);
  }

  /**
   * Waits for the reads under way, then lets go of everything.
   *
   * @throws {StateError} `busy` while somebody holds the layer.
   */
  async close(): Promise<void> {
    this.#parts.holds.close(this.label);
    await this.#parts.tree.close();
    await this.#parts.device.close();
    for (const device of this.#parts.below) await device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Opens the layer that a root hash stands for. What fails leaves the devices open.
 *
 * @param device the image, as `sealstone layer build` and `dmverity-vhd create` write it: ext4, verity
 *   superblock, hash tree, VHD footer or none.
 * @throws {UsageError} `invalid-argument` for a root hash that has not 32 bytes.
 * @throws {FormatError} where the image's metadata is not a layer's: see `inspectLayer`; for a file system
 *   that cannot be read.
 * @throws {IntegrityError} `hash-block-mismatch` where the image has another root hash: the message names
 *   both; `spare-not-zero` where its tree is of another size; `block-mismatch` where its first block is false;
 *   `identity-mismatch` where the verified file system has another size than the host said.
 * @throws {DeviceError} when a device fails.
 * @throws the signal's reason after an abort.
 */
export async function openLayer(device: BlockDevice, options: OpenLayerOptions): Promise<OpenedLayer> {
  const { label = device.name, closeDevices = false, signal } = options;
  const rootHash = checkedRootHash(options.rootHash);
  try {
    signal?.throwIfAborted();
    const devices = { data: device, hash: options.hashDevice ?? device };
    const { layout, problems, trailers } = await inspectLayer(devices, options);
    const [first] = problems;
    if (first !== undefined) throw first;
    invariant(layout !== undefined, "an image without a layout has a problem");
    const identity = layerIdentity(rootHash, layout.dataBlocks);
    const holds = new LayerHolds();
    const beforeClose = (): void => holds.checkFree(label);
    const verified = await openDevice(devices, identity, layout, { ...options, beforeClose });
    try {
      const tree = await openExt4(verified, { name: label, beforeClose, ...(signal && { signal }) });
      refuseOtherSize(verified, tree.geometry.sizeBytes);
      const below = closeDevices ? new Set([device, devices.hash]) : [];
      const parts = { label, identity, device: verified, tree, trailers, holds, below: [...below] };
      return new OpenedLayer(parts, key);
    } catch (error) {
      await verified.close();
      throw error;
    }
  } catch (error) {
    throw withLayer(error, label);
  }
}

/** The caller's root hash, as a copy. */
export function checkedRootHash(rootHash: Uint8Array): Uint8Array {
  if (!(rootHash instanceof Uint8Array) || rootHash.length !== LAYER_ROOT_HASH_SIZE_BYTES) {
    throw new UsageError("invalid-argument", "a layer's root hash has 32 bytes", {
      at: { field: "rootHash" },
    });
  }
  return copyOf(rootHash);
}

/**
 * Holds the size that the verified file system says against the identity's.
 *
 * @throws {IntegrityError} `identity-mismatch`, or what the device's read throws.
 */
export async function checkVerifiedSize(device: BlockDevice, signal: AbortSignal | undefined): Promise<void> {
  let sizeBytes: number;
  try {
    sizeBytes = await readFileSystemSize(device, signal);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    // The host said otherwise of the same bytes before, or we would not be here.
    const message = `what the root hash stands for is no file system of ${device.sizeBytes} bytes: ${cause.message}`;
    throw new IntegrityError("identity-mismatch", message, { at: cause.at, cause });
  }
  refuseOtherSize(device, sizeBytes);
}

function refuseOtherSize(device: BlockDevice, sizeBytes: number): void {
  if (sizeBytes === device.sizeBytes) return;
  const message = `the verified file system has ${sizeBytes} bytes, the host opened ${device.sizeBytes} of them: refuse it`;
  throw new IntegrityError("identity-mismatch", message, {
    at: { device: device.name, field: "blocksCountLow" },
  });
}

async function openDevice(
  { data, hash }: { data: BlockDevice; hash: BlockDevice },
  identity: VerityIdentity,
  { placement, geometry }: LayerLayout,
  {
    hashCacheBytes,
    onCorruption,
    beforeClose,
    signal,
  }: OpenLayerOptions & { readonly beforeClose: () => void },
): Promise<VerityDevice> {
  try {
    return await VerityDevice.open({
      data,
      hash,
      identity,
      placement,
      levels: "at-least-one",
      beforeClose,
      ...(hashCacheBytes !== undefined && { hashCacheBytes }),
      ...(onCorruption && { onCorruption }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof IntegrityError) || error.code !== "hash-block-mismatch") throw error;
    const shown = await shownRootHash(hash, geometry, signal);
    if (equalBytes(shown, identity.rootHash)) throw error;
    throw rootHashMismatch(shown, identity.rootHash, hash.name);
  }
}
