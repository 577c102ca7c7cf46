/** The file that attacks on layers go for, and where it lies on its layer's disk. */
import { LAYER_BLOCK_SIZE_BYTES, layerGeometry } from "sealstone/node";
import type { DeployedLayer } from "./deployment.ts";

/** The number of the layer that holds it: the one with the packages. */
export const largeLayer = 1;
/** The file: a package's manifest. */
export const probedFile = "/usr/lib/node_modules/@arethetypeswrong/core/package.json";
/** What is found of it on the disk. */
const beginning = new TextEncoder().encode('{\n  "name": "@arethetypeswrong/core"');

/** Where the file lies, in bytes of the layer image. */
export interface FilePlace {
  readonly contentOffsetBytes: number;
  /** The leaf of the hash tree that answers for it. */
  readonly leafOffsetBytes: number;
}

/** Finds the file as a host would: by looking at the disk, which is no secret. */
export function locateFile({ bytes, ext4SizeBytes }: DeployedLayer): FilePlace {
  const contentOffsetBytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(beginning);
  if (contentOffsetBytes < 0) throw new Error(`${probedFile} is not in the layer`);
  const dataBlocks = ext4SizeBytes / LAYER_BLOCK_SIZE_BYTES;
  const geometry = layerGeometry(dataBlocks, dataBlocks + 1);
  const { index } = geometry.locate(0, Math.floor(contentOffsetBytes / LAYER_BLOCK_SIZE_BYTES));
  return { contentOffsetBytes, leafOffsetBytes: geometry.offsetBytes(0, index) };
}
