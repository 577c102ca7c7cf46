/** Layers mounted as whoever opened them says, for tests and tools that have no policy. */
import { toHex } from "../bytes/hex.ts";
import { MemoryDevice } from "../device/memory-device.ts";
import { OpenedLayer } from "../layer/opened-layer.ts";
import type { LayerDecision } from "./layer-decision.ts";
import { type MountOverlayOptions, mountOverlay } from "./mount-overlay.ts";
import type { MountedOverlay } from "./mounted-overlay.ts";
import { mountScratch, type ScratchDisk } from "./scratch-disk.ts";

/** How layers are mounted. */
export interface MountLayersOptions
  extends Pick<MountOverlayOptions, "followRedirects" | "metacopy" | "keptNames" | "owns" | "signal"> {
  /** The container's id; one that nobody else has unless given. */
  readonly container?: string;
  /** The lists of layers that a policy has for the container (see `LayerDecision`); these layers, in this order, unless given. */
  readonly policyLayers?: LayerDecision["layers"];
  /** Where changes are kept: a sealed disk in memory unless given; `"none"` for a read-only overlay. */
  readonly scratch?: ScratchDisk | "none";
  /** Size of the disk in memory: 256 MiB unless given. It takes memory as it fills. */
  readonly scratchSizeBytes?: number;
}

const defaultScratchSizeBytes = 256 * 1024 * 1024;

/**
 * Mounts layers, **the base first**, as images and policies list them.
 *
 * @throws as `mountOverlay`; as `mountScratch` for a size that no disk can have.
 */
export async function mountLayers(
  layers: readonly OpenedLayer[],
  options: MountLayersOptions = {},
): Promise<MountedOverlay> {
  const { container = someContainer(), policyLayers, scratch, scratchSizeBytes, ...how } = options;
  const lowerLayers = [...layers].reverse();
  const decision = { container, layers: policyLayers ?? [layers.map(hashOf)] };
  if (scratch === "none") return await mountOverlay({ ...how, decision, lowerLayers });
  if (scratch !== undefined) return await mountOverlay({ ...how, decision, lowerLayers, scratch });
  const own = await memoryScratch(scratchSizeBytes, options.signal);
  // The overlay is the last to use it.
  try {
    return await mountOverlay({ ...how, decision, lowerLayers, scratch: own });
  } finally {
    await own.close();
  }
}

/**
 * A sealed disk in memory.
 *
 * @param sizeBytes 256 MiB unless given.
 * @throws as `mountScratch`.
 */
export async function memoryScratch(
  sizeBytes: number = defaultScratchSizeBytes,
  signal?: AbortSignal,
): Promise<ScratchDisk> {
  const below = new MemoryDevice(sizeBytes, { name: "scratch in memory" });
  return await mountScratch(below, { closeDevice: true, ...(signal && { signal }) });
}

/** What is no verified layer has none; `mountOverlay` refuses it. */
function hashOf(layer: OpenedLayer): string {
  return OpenedLayer.isOne(layer) ? toHex(layer.rootHash) : "";
}

function someContainer(): string {
  return `container-${toHex(crypto.getRandomValues(new Uint8Array(8)))}`;
}
