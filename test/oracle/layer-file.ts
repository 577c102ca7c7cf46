/** Layer images in files: built by us, and listed by us through their root hash. */
import { createReadStream } from "node:fs";
import { fromHex, toHex } from "../../src/bytes/index.ts";
import { FileDevice } from "../../src/device/file-device.node.ts";
import { openExt4 } from "../../src/ext4/index.ts";
import { buildLayer, layerOptionSets, openLayer } from "../../src/layer/index.ts";
import { LayerFile } from "../../src/layer/layer-file.node.ts";
import { listTree } from "./reader-listing.ts";
import type { TreeListing } from "./tree-listing.ts";

/** What pins the image. */
export interface LayerFileIdentity {
  /** In hex, as veritysetup takes it. */
  readonly rootHash: string;
  readonly ext4SizeBytes: number;
}

/** Builds an image with its hash tree from a plain tar. */
export async function buildLayerFile(
  archive: string,
  image: string,
  { convertWhiteouts }: { readonly convertWhiteouts: boolean },
): Promise<LayerFileIdentity> {
  await using target = await LayerFile.create(image);
  const layer = convertWhiteouts ? layerOptionSets.layer : layerOptionSets.nocw;
  const { rootHash, ext4SizeBytes } = await buildLayer(createReadStream(archive), { target, layer });
  await target.commit();
  return { rootHash: toHex(rootHash), ext4SizeBytes };
}

/** What our reader shows of an image, every byte checked against the root hash. */
export async function listLayer(image: string, rootHash: string): Promise<TreeListing> {
  await using device = await FileDevice.open(image);
  await using layer = await openLayer(device, { rootHash: fromHex(rootHash) });
  await using tree = await openExt4(layer.device);
  return await listTree(tree);
}
