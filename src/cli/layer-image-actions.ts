/** The actions of `sealstone layer` on a finished image: what each takes, and its help. */
import { Option } from "commander";
import { type ActionMaker, groupAction } from "./action-group.ts";
import { type LayerFileOptions, layerFileOptions } from "./layer-file-options.ts";
import type { LayerExtractOptions, LayerLsOptions } from "./layer-reading.ts";
import type { LayerVerifyOptions } from "./layer-verify.ts";
import { threadCount } from "./option-values.ts";

const image = ["<image>", "layer image: ext4, verity superblock, hash tree, VHD footer"] as const;

/** `verify`, and those that read files. */
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
  groupAction<LayerLsOptions>({
    name: "ls",
    operands: [image, ["[path]", "directory or file in it (default: its root)"]],
    summary: "list a directory of a verified layer",
    options: [
      ...layerFileOptions(),
      new Option("-l, --long", "mode, links, owner, size, time, as ls -ln has them"),
      new Option("-R, --recursive", "all that is below, in the file system's own order"),
    ],
    help: `
What is listed was verified against the root hash; a corrupt block on the way ends
the listing with an error. Bytes of a name that show badly are written as \\xNN.

Examples:
  sealstone layer ls base.img --root-hash 8b4842f0…
  sealstone layer ls base.img etc -l --root-hash-file base.roothash
  sealstone layer ls base.img -R --json --root-hash-file base.roothash`,
    run: async (...given) => (await import("./layer-reading.ts")).runLayerLs(...given),
  }),
  groupAction<LayerFileOptions>({
    name: "cat",
    operands: [image, ["<paths...>", "files in it"]],
    summary: "write files of a verified layer to standard output",
    options: layerFileOptions(),
    help: `
Byte for byte, each block verified before it is written; a corrupt one ends the output
with an error. Symbolic links are followed inside the layer. With --json the contents
are base64, of files of up to 256 MiB.

Examples:
  sealstone layer cat base.img etc/passwd --root-hash 8b4842f0…`,
    run: async (...given) => (await import("./layer-reading.ts")).runLayerCat(...given),
  }),
  groupAction<LayerFileOptions>({
    name: "stat",
    operands: [image, ["<paths...>", "files in it; symbolic links are not followed at the end"]],
    summary: "show all metadata of files in a verified layer",
    options: layerFileOptions(),
    help: `
Mode, owner, size, times to the nanosecond, device numbers, extended attributes, as the
kernel shows them.

Examples:
  sealstone layer stat base.img etc/passwd --root-hash 8b4842f0…
  sealstone layer stat base.img usr/bin/ping --json --root-hash-file base.roothash`,
    run: async (...given) => (await import("./layer-reading.ts")).runLayerStat(...given),
  }),
  groupAction<LayerExtractOptions>({
    name: "extract",
    operands: [image, ["[path]", "directory or file in it to begin with (default: its root)"]],
    summary: "copy a verified layer's files out, as a directory or a tar",
    options: [
      ...layerFileOptions(),
      new Option(
        "-o, --output <path>",
        "directory, file that ends in .tar, or - for a tar on standard output",
      ).makeOptionMandatory(),
      new Option("--tar", "write a tar, whatever the output is called"),
    ],
    help: `
Nothing may be at the output yet; it gets its name once all is written, and what fails
or is stopped leaves nothing. A tar holds everything but sockets: PAX, with times to the
nanosecond and extended attributes. A directory gets content with its holes, modes, hard
and symbolic links, times to the microsecond, as superuser owners and devices too; what
it does not get is named on standard error. Whiteouts stay character devices 0:0.

Examples:
  sealstone layer extract base.img -o base/ --root-hash 8b4842f0…
  sealstone layer extract base.img etc -o - --root-hash 8b4842f0… | tar -t`,
    run: async (...given) => (await import("./layer-reading.ts")).runLayerExtract(...given),
  }),
];
