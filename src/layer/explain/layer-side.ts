/** What is told of each of two layers by itself. */
import { FormatError } from "../../errors.ts";
import type { LayerSide } from "./explanation.ts";
import type { ImageView } from "./image-view.ts";
import type { LayerInput } from "./layer-input.ts";
import type { OptionSet } from "./option-set.ts";
import type { TarView } from "./tar-view.ts";
import { tarWarnings } from "./tar-warnings.ts";

/** Size for which one block of group descriptors is set aside. */
const sizePerDescriptorBlock = 16 * 2 ** 30;

/** Of a tar that became a layer. */
export function sideOfTar(view: TarView, options: OptionSet, warningLimit?: number): LayerSide {
  return {
    name: view.name,
    kind: "tar",
    rootHash: view.rootHash,
    ext4SizeBytes: view.dataBlocks * 4096,
    options,
    diffId: view.diffId,
    entryCount: view.records.length,
    problems: [],
    warnings: tarWarnings(view.records, options, warningLimit),
  };
}

/** Of an image. Its root hash is that of the tree it brings, which is what its users compute; else its data's. */
export function sideOfImage(view: ImageView): LayerSide {
  const { map } = view;
  return {
    name: view.name,
    kind: "image",
    rootHash: view.storedRootHash ?? view.rootHash,
    ext4SizeBytes: view.dataBlocks * 4096,
    options: map
      ? {
          maximumDiskSizeBytes: map.descriptorBlocks * sizePerDescriptorBlock,
          inlineData: map.shape.inlineData,
        }
      : {},
    diffId: undefined,
    entryCount: undefined,
    problems: [...view.problems, ...(view.mapProblem ? [view.mapProblem] : [])],
    warnings: { counts: new Map(), warnings: [] },
  };
}

/** Of what cannot be looked at; anything but malformed input is thrown on. */
export function sideOfFailure({ name, kind }: LayerInput, error: unknown): LayerSide {
  if (!(error instanceof FormatError)) throw error;
  return {
    name,
    kind,
    rootHash: undefined,
    ext4SizeBytes: undefined,
    options: {},
    diffId: undefined,
    entryCount: undefined,
    problems: [error],
    warnings: { counts: new Map(), warnings: [] },
  };
}
