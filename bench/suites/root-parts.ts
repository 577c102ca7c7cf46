/** What a container's root file system is measured on: layers in memory, and a sealed scratch in memory. */
import { MemoryDevice } from "sealstone/device";
import { formatExt4, openWritableExt4 } from "sealstone/ext4";
import { buildLayer, MemoryTarget, type OpenedLayer, openLayer } from "sealstone/layer";
import { type OverlayTree, openOverlay } from "sealstone/overlay";
import { SealedDevice } from "sealstone/scratch";
import { tarEnd, tarHeader, tarPadding, tarType } from "sealstone/tar";

/** A merged root, and what its changes are kept on. */
export interface Root {
  readonly tree: OverlayTree;
  readonly sealed: SealedDevice;
  close(): Promise<void>;
}

/** Builds a layer of files and opens it, verified. */
export async function layerOf(files: ReadonlyMap<string, Uint8Array>): Promise<OpenedLayer> {
  const target = new MemoryTarget();
  const { rootHash } = await buildLayer(tarOf(files), { target });
  return openLayer(new MemoryDevice(target.bytes), { rootHash });
}

/**
 * Lays layers over each other, with a scratch above them. The layers stay the caller's.
 *
 * @param layers topmost first.
 * @param scratchSizeBytes of the device that is sealed; it takes memory as it fills.
 */
export async function openRoot(layers: readonly OpenedLayer[], scratchSizeBytes: number): Promise<Root> {
  const sealed = await SealedDevice.create(new MemoryDevice(scratchSizeBytes));
  // What was never written to a sealed device is zeros.
  await formatExt4(sealed, { isZero: true });
  const scratch = await openWritableExt4(sealed);
  const directory = { type: "directory", permissions: 0o755 } as const;
  const upper = await scratch.create(scratch.root, bytesOf("upper"), directory);
  const work = await scratch.create(scratch.root, bytesOf("work"), directory);
  const lowers = layers.map((layer) => layer.tree);
  const tree = await openOverlay(lowers, { upper: { tree: scratch, upper, work } });
  const close = async (): Promise<void> => {
    await tree.close();
    await scratch.close();
    await sealed.close();
  };
  return { tree, sealed, close };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Directories are made by what lies in them. */
async function* tarOf(files: ReadonlyMap<string, Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const [path, content] of files) {
    yield tarHeader({
      name: bytesOf(path),
      linkName: new Uint8Array(0),
      type: tarType.file,
      sizeBytes: content.length,
      xattrs: [],
      permissions: 0o644,
      uid: 0,
      gid: 0,
      deviceMajor: 0,
      deviceMinor: 0,
      modifiedAt: { seconds: 0n, nanoseconds: 0 },
    });
    yield content;
    yield tarPadding(content.length);
  }
  yield tarEnd();
}
