/** What a host does to the container's root: which layers, in which order, where. */
import { buildLayer, MemoryDevice, MemoryTarget } from "sealstone/node";
import { LayerArchive } from "../../images/layer-archive.ts";
import { combineLayers, mountLayer, removeOverlay, unmountLayer } from "../host-requests.ts";
import { container, type SimulatedHost } from "../simulated-host.ts";
import type { Attack, AttackFamily } from "./attack.ts";

const otherContainer = "0b".repeat(32);

/** A layer of the host's own: a shell where the policy has none. */
async function rogueDisk(): Promise<MemoryDevice> {
  const archive = new LayerArchive(new Date(0));
  archive.file("usr/bin/node", "#!/bin/sh\n# the host's\n", { mode: 0o755 });
  const target = new MemoryTarget();
  await buildLayer([await archive.pack()], { target });
  return new MemoryDevice(target.bytes, { name: "rogue" });
}

/** Mounts all that a container needs, and combines layers as given: their numbers, topmost first. */
async function combine(
  host: SimulatedHost,
  arrange: (topmostFirst: readonly number[]) => readonly number[],
): Promise<void> {
  await host.setPolicy();
  await host.mountDisks();
  await host.combineLayers(arrange(host.layers.toReversed()));
}

const attacks: readonly Attack[] = [
  {
    name: "layer not in the policy",
    point: 3,
    does: "mounts a layer of its own, with another node in it",
    attack: async (host) => {
      await host.setPolicy();
      await host.mountLayer(0, await rogueDisk());
    },
    twin: async (host) => {
      await host.setPolicy();
      await host.mountLayer(0);
    },
    refusal: "PolicyError",
  },
  {
    name: "layers in wrong order",
    point: 3,
    does: "lays the true layers over each other in another order, so that old files show again",
    attack: (host) => combine(host, ([top, next, ...rest]) => [next ?? 0, top ?? 0, ...rest]),
    twin: (host) => combine(host, (layers) => layers),
    refusal: "PolicyError",
  },
  {
    name: "missing layer",
    point: 3,
    does: "leaves the topmost layer out, and what it took away is there again",
    attack: (host) => combine(host, ([, ...rest]) => rest),
    twin: (host) => combine(host, (layers) => layers),
    refusal: "PolicyError",
  },
  {
    name: "rogue layer added",
    point: 3,
    does: "puts one more layer on top, which the policy knows, but not there",
    attack: (host) => combine(host, (layers) => [...layers.slice(-1), ...layers]),
    twin: (host) => combine(host, (layers) => layers),
    refusal: "PolicyError",
  },
  {
    name: "overlay at a used target",
    point: 3,
    does: "mounts a second root over the container's own",
    attack: async (host) => {
      await host.run();
      await host.send(combineLayers(container, host.layers.toReversed()));
    },
    twin: async (host) => {
      await host.run();
      await host.send(combineLayers(otherContainer, host.layers.toReversed()));
    },
    refusal: "PolicyError",
  },
  {
    name: "second disk over a layer",
    point: 3,
    does: "mounts another disk where a layer is mounted already",
    attack: async (host) => {
      await host.run();
      host.attach(5, host.layerDisk(0));
      await host.send(mountLayer(0, { Lun: 5 }));
    },
    twin: async (host) => {
      await host.run();
      host.attach(5, host.layerDisk(0));
      await host.send(mountLayer(5));
    },
    refusal: "PolicyError",
  },
  {
    name: "unmount of a layer in use",
    point: 3,
    does: "unmounts a layer from under the container",
    attack: async (host) => {
      await host.run();
      await host.send(unmountLayer(0));
    },
    twin: async (host) => {
      await host.setPolicy();
      await host.mountDisks();
      await host.send(combineLayers(container, host.layers.toReversed()));
      await host.send(removeOverlay(container), unmountLayer(0));
    },
    refusal: "StateError",
  },
];

/** See the head of this file. */
export const overlayAttacks: AttackFamily = { title: "The container's root", attacks };
