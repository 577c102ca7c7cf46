/** The actions of `sealstone layer` on a finished image: what each takes, and its help. */
import { Option } from "commander";
import { type ActionMaker, groupAction } from "./action-group.ts";
import { layerFileOptions } from "./layer-files.ts";
import type { LayerVerifyOptions } from "./layer-verify.ts";
import { threadCount } from "./option-values.ts";

const image = ["<image>", "layer image: ext4, verity superblock, hash tree, VHD footer"] as const;

/** `verify`, and what reads files. */
export const layerImageActions: readonly ActionMaker[] = [
  groupAction<LayerVerifyOptions>({
    name: "verify",
    operands: [image],
    summary: "check a whole image against its root hash",
    options: [
      ...layerFileOptions(),
      new Option("--threads <count>", "threads that hash (default: one a core)").argParser(threadCount),
    ],
    help: `
Reads every block, and reports everything that is wrong: data and hash blocks, each
field of the verity superblock, the footer, bytes that belong to nothing. The root
hash is all that is trusted; salt, algorithm and block sizes are those of a layer,
and the size must be the one that the verified file system says.

Examples:
  sealstone layer verify base.img --root-hash 8b4842f0…
  sealstone layer verify base.img --root-hash-file base.roothash --json
  sealstone layer verify base.ext4.vhd --hash-device base.hash.vhd --root-hash 8b4842f0…`,
    run: async (...given) => (await import("./layer-verify.ts")).runLayerVerify(...given),
  }),
];
