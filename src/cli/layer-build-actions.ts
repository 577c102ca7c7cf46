/** `sealstone layer build` and `roothash`: what they take, and their help. */
import { type ActionMaker, groupAction } from "./action-group.ts";
import {
  type LayerBuildCommandOptions,
  type LayerShapeOptions,
  layerBuildOptions,
  layerShapeOptions,
} from "./layer-build-options.ts";

const build: ActionMaker = groupAction<LayerBuildCommandOptions>({
  name: "build",
  operands: [["<tar>", "the layer: .tar, .tar.gz or .tar.zst; - for standard input"]],
  summary: "make a layer image of a tar",
  options: layerBuildOptions(),
  help: `
Turns the tar into ext4, a dm-verity superblock and hash tree behind it, and a VHD
footer at the end, byte for byte as dmverity-vhd does: the root hash is the one that
policies name. It covers the file system alone. The UUIDs are random and the only bytes
that differ from one run to the next.

With --output the image is written under another name beside the file, and renamed when it
is whole: stopped or failed, nothing is left. Without, it is only reported on.

--json adds SHA-256 digests of the image and of its file system. They need the whole image,
whose first block is made last, so it is read once more; without --output it is written to
the folder for temporary files meanwhile. \`roothash --json\` writes nothing and is faster.

Examples:
  sealstone layer build layer.tar.gz -o layer.vhd
  sealstone layer build layer.tar -o layer.img --no-vhd --uuid 11111111111111111111111111111111
  docker save app | tar -xO …/layer.tar | sealstone layer build - -o layer.vhd --json`,
  run: async (...call) => (await import("./layer-build.ts")).runLayerBuild(...call),
});

const rootHash: ActionMaker = groupAction<LayerShapeOptions>({
  name: "roothash",
  operands: [["<tar...>", "layers, each .tar, .tar.gz or .tar.zst; - for standard input"]],
  summary: "the root hash of a tar's layer image; writes nothing",
  options: layerShapeOptions(),
  help: `
Prints each layer's root hash as policies name it, in the order of the operands: the hash
alone for one tar, followed by the tar's name for several. Nothing is written to disk, and
memory depends on the number of files in the tar, not on their sizes.

Other options than the defaults are other file systems with other root hashes: the 16 GiB
that tar2ext4 takes by default are --max-disk-size 16GiB here.

Examples:
  sealstone layer roothash layer.tar
  sealstone layer roothash base.tar.gz app.tar.zst --json`,
  run: async (...call) => (await import("./layer-build.ts")).runLayerRootHash(...call),
});

/** The actions that make layers. */
export const layerBuildActions: readonly ActionMaker[] = [build, rootHash];
