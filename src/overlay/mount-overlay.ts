/**
 * The assembler: verified layers and a sealed scratch become a container's root
 * file system, if the policy has them so.
 *
 * Security: nothing is taken on trust but the decision. A layer is one that `openLayer` verified
 * under its root hash, told by what cannot be forged; a scratch is one that `mountScratch` sealed.
 * All checks are made on copies of what was given, and layers are held, before anything
 * is waited for. What fails half-way is undone.
 */
import { PolicyError } from "../errors.ts";
import { OpenedLayer } from "../layer/opened-layer.ts";
import type { TreeOptions } from "../tree/file-tree.ts";
import { type Closable, closeInOrder } from "./close-order.ts";
import { checkLayers, type LayerDecision } from "./layer-decision.ts";
import { MountedOverlay } from "./mounted-overlay.ts";
import { type OverlayOptions, openOverlay } from "./open-overlay.ts";
import { checkContainer, ScratchDisk } from "./scratch-disk.ts";

/** What is mounted. */
export interface MountOverlayOptions extends Omit<OverlayOptions, "name" | "upper"> {
  /** What the policy says of the container. */
  readonly decision: LayerDecision;
  /** **The topmost first**, as the kernel's `lowerdir` has them. They stay their owner's to close, and cannot be closed meanwhile. */
  readonly lowerLayers: readonly OpenedLayer[];
  /** Where changes are kept, in a directory of the container's own; without it the overlay is read-only. */
  readonly scratch?: ScratchDisk;
  /** Closed with the overlay, after it, in this order: what was opened for it alone. Not if mounting fails. */
  readonly owns?: readonly Closable[];
  /** Aborts the mounting. */
  readonly signal?: AbortSignal;
}

/**
 * Mounts layers over each other for a container.
 *
 * @throws {PolicyError} where a layer is not verified or not the one that the policy lists, in number, kind and
 *   order; where the scratch is not sealed; where the container has these layers mounted already. Nothing is
 *   touched then.
 * @throws {StateError} `closed` for a layer or a scratch that is; `busy` where the container's id has a directory
 *   on the scratch already.
 * @throws {UsageError} `invalid-argument` for an id that cannot be one; for no layers at all.
 */
export async function mountOverlay(options: MountOverlayOptions): Promise<MountedOverlay> {
  const { decision, scratch, owns = [], signal, ...how } = options;
  const { container } = decision;
  const lowerLayers = [...how.lowerLayers];
  signal?.throwIfAborted();
  checkContainer(container);
  checkVerified(decision, lowerLayers);
  checkLayers(
    decision,
    lowerLayers.map((layer) => layer.rootHash),
  );
  checkFirstUse(container, lowerLayers);
  checkSealed(container, scratch);
  const held: Closable[] = [];
  try {
    for (const layer of lowerLayers) held.push(holdOf(layer, container));
    const call: TreeOptions = signal ? { signal } : {};
    const space = await scratch?.take(container, call);
    try {
      const trees = lowerLayers.map((layer) => layer.tree);
      const tree = await openOverlay(trees, {
        ...how,
        name: container,
        ...(space && { upper: space.upper }),
      });
      const changed = space && { upper: space.upper, root: await tree.getattr(tree.root, call) };
      const below = [...(space ? [{ close: () => space.release() }] : []), ...held, ...owns];
      return new MountedOverlay({ container, lowerLayers, tree, changed, below });
    } catch (error) {
      // What failed first is what is told.
      await space?.discard().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    await closeInOrder(held);
    throw error;
  }
}

function holdOf(layer: OpenedLayer, container: string): Closable {
  const hold = layer.hold(container);
  return { close: async () => hold.release() };
}

function checkVerified({ container, layers }: LayerDecision, lowerLayers: readonly OpenedLayer[]): void {
  const place = lowerLayers.findLastIndex((layer) => !OpenedLayer.isOne(layer));
  if (place === -1) return;
  const position = lowerLayers.length - 1 - place;
  const expected = [...new Set(layers.map((list) => list[position] ?? "none"))];
  const reason = `layer ${position} of container ${container} is no verified layer`;
  const message = `${reason}, counted from the base: the policy has ${expected.join(" or ")} there, which openLayer opens`;
  throw new PolicyError(message, [reason], { at: { layer: String(position) } });
}

/** An id is good for one overlay: that a container comes again is another's doing. */
function checkFirstUse(container: string, lowerLayers: readonly OpenedLayer[]): void {
  const layer = lowerLayers.find(({ holders }) => holders.includes(container));
  if (layer === undefined) return;
  const reason = `container ${container} has been mounted already`;
  throw new PolicyError(`${reason}, and uses ${layer.label}: give each container an id of its own`, [reason]);
}

function checkSealed(container: string, scratch: ScratchDisk | undefined): void {
  if (scratch === undefined || ScratchDisk.isOne(scratch)) return;
  const reason = `the scratch of container ${container} is not on a sealed disk`;
  throw new PolicyError(`${reason}: mountScratch makes one`, [reason]);
}
