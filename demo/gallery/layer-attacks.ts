/** What a host does to the disks of layers. */
import type { BlockDevice } from "sealstone/node";
import type { DeployedLayer } from "../deployment.ts";
import { memoryDisk, TwoFacedDisk, treeBlockDisk, withFlippedBit } from "../disks.ts";
import { largeLayer, locateFile, probedFile } from "../probed-file.ts";
import type { SimulatedHost } from "../simulated-host.ts";
import type { Attack, AttackFamily } from "./attack.ts";

/** Runs the container with a layer's disk that the host keeps its hands on, lets it act, and reads a file there. */
async function readAfter(
  host: SimulatedHost,
  act: (change: (offsetBytes: number) => Promise<unknown>) => Promise<unknown>,
): Promise<void> {
  const disk = host.changeableDisk(largeLayer);
  const files = await host.run(new Map([[largeLayer, disk]]));
  await act((offsetBytes) => disk.act({ kind: "flip", offsetBytes, bit: 0 }));
  await files.readFile(probedFile);
}

/** Has a file read twice, from a disk that is another the second time. */
async function readTwice(
  host: SimulatedHost,
  change: (bytes: Uint8Array, offsetBytes: number) => Uint8Array,
): Promise<void> {
  const layer = host.layer(largeLayer);
  const later = change(layer.bytes, locateFile(layer).contentOffsetBytes);
  const files = await host.run(new Map([[largeLayer, new TwoFacedDisk(layer.name, layer.bytes, later)]]));
  await files.readFile(probedFile);
  await files.readFile(probedFile);
}

/** Mounts the disks, one of them as given. */
async function mountWith(host: SimulatedHost, disk: (layer: DeployedLayer) => BlockDevice): Promise<void> {
  await host.setPolicy();
  await host.mountDisks(new Map([[largeLayer, disk(host.layer(largeLayer))]]));
}

const attacks: readonly Attack[] = [
  {
    name: "altered layer byte",
    point: 2,
    does: "flips one bit of a file on a layer's disk while the container runs",
    attack: (host) => readAfter(host, (flip) => flip(locateFile(host.layer(largeLayer)).contentOffsetBytes)),
    twin: (host) => readAfter(host, async () => {}),
    refusal: "IntegrityError",
  },
  {
    name: "altered hash block",
    point: 2,
    does: "flips one bit of the hash tree above that file",
    attack: (host) => readAfter(host, (flip) => flip(locateFile(host.layer(largeLayer)).leafOffsetBytes)),
    twin: (host) => readAfter(host, async () => {}),
    refusal: "IntegrityError",
  },
  {
    name: "interior tree block as a device",
    point: 2,
    does: "offers the leaves of a layer's hash tree as a small disk: it has the same root hash",
    attack: (host) => mountWith(host, treeBlockDisk),
    twin: (host) => mountWith(host, memoryDisk),
    refusal: "IntegrityError",
  },
  {
    name: "truncated disk",
    point: 2,
    does: "cuts a layer's disk short",
    attack: (host) => mountWith(host, (layer) => memoryDisk(layer, layer.bytes.length / 2)),
    twin: (host) => mountWith(host, memoryDisk),
    refusal: "FormatError",
  },
  {
    name: "disk that answers differently the second time",
    point: 2,
    does: "shows the true file to whoever reads it first, and a changed one to whoever reads it again",
    attack: (host) => readTwice(host, withFlippedBit),
    twin: (host) => readTwice(host, (bytes) => bytes),
    refusal: "IntegrityError",
  },
];

/** See the head of this file. */
export const layerAttacks: AttackFamily = { title: "The disks of layers", attacks };
