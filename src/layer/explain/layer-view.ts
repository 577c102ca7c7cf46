/** A layer as its differences are looked for in: digests of its blocks, and what they are. */
import type { BlockDevice } from "../../device/block-device.ts";
import type { StorageError } from "../../errors.ts";
import type { BlockMap } from "./block-map.ts";
import type { LeafTable } from "./leaf-table.ts";

/** See the head of this file. */
export interface LayerView {
  readonly name: string;
  /** The ext4 part. Of a layer made from a tar, the content of files cannot be read. */
  readonly device: BlockDevice;
  readonly dataBlocks: number;
  /** Digests of the ext4 part's blocks. */
  readonly leaves: LeafTable;
  readonly rootHash: Uint8Array;
  /** Undefined where the file system is none that the layer tools write. */
  readonly map: BlockMap | undefined;
  /** Why there is no map. */
  readonly mapProblem: StorageError | undefined;
}

/** Whether a block is the same in two layers. */
export function equalLeaf(a: LayerView, aBlock: number, b: LayerView, bBlock: number): boolean {
  return a.leaves.equals(aBlock, b.leaves, bBlock);
}
