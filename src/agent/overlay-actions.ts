/** Layers over each other, with a directory on scratch for what the container changes. */

import { toHex } from "../bytes/hex.ts";
import { FormatError, StateError } from "../errors.ts";
import type { OpenedLayer } from "../layer/opened-layer.ts";
import type { LayerDecision } from "../overlay/layer-decision.ts";
import { mountOverlay } from "../overlay/mount-overlay.ts";
import type { ScratchDisk } from "../overlay/scratch-disk.ts";
import { commit, letGo, nothingMounted } from "./disk-actions.ts";
import type { Turn } from "./guest.ts";
import { checkContainerId, checkPath, containersFolder, refused, rootPathOf } from "./guest-path.ts";
import type { OverlayCommand } from "./host-command.ts";
import { VM_ID } from "./host-request.ts";

/** Mounts or unmounts an overlay. */
export async function changeOverlay(turn: Turn, command: OverlayCommand): Promise<void> {
  return command.isRemoval ? await unmount(turn, command) : await mount(turn, command);
}

async function mount(turn: Turn, command: OverlayCommand): Promise<void> {
  const { guest, requests } = turn;
  const { containerId, path, layers, scratch } = command;
  checkTargets(command);
  if (scratch !== "") requests.mountScratch(scratch, guest.mounts.isEncrypted(scratch));
  requests.mountOverlay(containerId, layers, path);
  guest.mounts.addOverlay(path, layers, scratch);
  const lowerLayers = layers.map((layer) => layerAt(turn, layer));
  const decision = decisionOf(turn, containerId, lowerLayers);
  const disk = scratch === "" ? undefined : scratchOf(turn, scratch);
  if (await disk?.holds(containerId, { signal: turn.signal })) {
    throw new StateError("busy", `container ${containerId} was on ${disk?.name} before`, {
      at: { path: scratch },
    });
  }
  const { signal } = turn;
  try {
    const overlay = await mountOverlay({ decision, lowerLayers, ...(disk && { scratch: disk }), signal });
    commit(turn, path, { kind: "overlay", overlay });
  } catch (error) {
    if (disk !== undefined) await turn.undo(() => disk.remove(containerId));
    throw error;
  }
}

function checkRoot(containerId: string, path: string): void {
  // The real guest takes the machine's own id too, and its policy decides of it as of any other.
  if (containerId !== VM_ID) checkContainerId(containerId, "ContainerID");
  if (path === rootPathOf(containerId)) return;
  throw refused(`ContainerRootPath is not ${rootPathOf(containerId)}`, "ContainerRootPath");
}

function checkTargets({ containerId, path, layers, scratch }: OverlayCommand): void {
  checkRoot(containerId, path);
  for (const layer of layers) checkPath(layer, "Layers");
  if (scratch === "") return;
  checkPath(scratch, "ScratchPath");
  const [, sandbox] = /^\/run\/gcs\/c\/([0-9a-fA-F]{64})\//.exec(scratch) ?? [];
  if (scratch !== `${containersFolder}/${sandbox}/scratch/${containerId}`) {
    throw refused(`ScratchPath is not that of container ${containerId} in a sandbox`, "ScratchPath");
  }
}

function layerAt({ guest }: Turn, path: string): OpenedLayer {
  const thing = guest.mounted.get(path);
  if (thing?.kind === "layer") return thing.layer;
  throw nothingMounted(path);
}

function scratchOf({ guest }: Turn, path: string): ScratchDisk {
  const mount = guest.mounts.containing(path);
  const thing = mount && guest.mounted.get(mount.path);
  if (thing?.kind === "scratch") return thing.disk;
  throw new FormatError("missing-target", `${path} is on no scratch disk`, { at: { path } });
}

/**
 * What the policy says of the container's layers, as plain data. A policy that allows without keeping account of
 * containers has nothing against these.
 */
function decisionOf({ policy }: Turn, container: string, lowerLayers: readonly OpenedLayer[]): LayerDecision {
  const matches = policy.enforcer.remembered("matches", container);
  const lists = Array.isArray(matches) ? matches.flatMap(layersOf) : [];
  const offered = lowerLayers.map(({ rootHash }) => toHex(rootHash)).reverse();
  return { container, layers: lists.length > 0 ? lists : [offered] };
}

function layersOf(candidate: unknown): string[][] {
  const layers =
    typeof candidate === "object" && candidate !== null && "layers" in candidate && candidate.layers;
  return Array.isArray(layers) ? [layers.map(String)] : [];
}

async function unmount(turn: Turn, { containerId, path }: OverlayCommand): Promise<void> {
  const { guest, requests } = turn;
  checkPath(path, "ContainerRootPath");
  // Hosts leave the id out here, as often as not.
  if (containerId !== "") checkRoot(containerId, path);
  requests.unmountOverlay(path);
  const container = [...guest.containers.values()].find(({ id }) => rootPathOf(id) === path);
  if (container?.status === "running") {
    throw new StateError("busy", `overlay ${path} is in use by a running container`, { at: { path } });
  }
  guest.mounts.removeOverlay(path);
  await letGo(turn, path);
}
