/** `sealstone image`: its actions, one file each. */
import { Option } from "commander";
import { type ActionMaker, actionGroup, groupAction } from "./action-group.ts";
import { type ImageBuildOptions, type ImageOptions, imageForms, imageOptions } from "./image-options.ts";

const image = ["<image>", "where the image is: see below"] as const;

/** The `image` command. */
export const imageCommand: ActionMaker = actionGroup(
  "image",
  "container images: root hashes of their layers, and layer images",
  `
Exit codes:
  0  done; everything that was checked is as it should be
  1  refused: malformed, unreadable, or not what its digests say
  2  wrong usage; no such image, tag or platform
  70  a bug of sealstone's own    130  stopped by a signal`,
  [
    groupAction<ImageOptions>({
      name: "roothash",
      operands: [image],
      summary: "print the root hash of each layer, base first",
      options: imageOptions(),
      help: `
Prints a line a layer, base first: its diff-id and its root hash, as policies have
it. Layers are fetched, unpacked, held against their digests and hashed as streams,
several at once; nothing is written to disk, and layers of one content are done once.
${imageForms}

Examples:
  sealstone image roothash registry.example/team/app:1.2
  sealstone image roothash oci:app --platform linux/arm64
  docker save app:1 -o app.tar && sealstone image roothash app.tar --json`,
      run: async (...given) => (await import("./image-roothash.ts")).runImageRootHash(...given),
    }),
    groupAction<ImageBuildOptions>({
      name: "build",
      operands: [image],
      summary: "write the layer image of each layer into a folder",
      options: [
        new Option("-o, --output <dir>", "folder to make; needed"),
        ...imageOptions(),
        new Option(
          "--cache <dir>",
          "folder of layers built before: taken from there, verified, and kept there",
        ),
        new Option(
          "--uuid <hex>",
          "16 bytes for superblocks and footers, in place of random ones; no --cache",
        ),
      ],
      help: `
Writes a layer image (ext4, verity superblock, hash tree, VHD footer) for each content
among the layers, and image.json: digests, configuration, and for each layer its file,
diff-id, sizes and identity. The folder is there whole at the end, or not at all.
${imageForms}

Examples:
  sealstone image build oci:app -o app.layers
  sealstone image build registry.example/team/app:1.2 -o app.layers --cache ~/.cache/layers`,
      run: async (...given) => (await import("./image-build.ts")).runImageBuild(...given),
    }),
  ],
);
