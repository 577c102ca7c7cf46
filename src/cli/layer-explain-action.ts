/** `sealstone layer explain`: what it takes, and its help. */
import { Option } from "commander";
import { type ActionMaker, groupAction } from "./action-group.ts";
import { layerShapeOptions } from "./layer-build-options.ts";
import type { LayerExplainOptions } from "./layer-explain.ts";

/** The action. */
export const layerExplainAction: ActionMaker = groupAction<LayerExplainOptions>({
  name: "explain",
  operands: [
    ["<a>", "a layer: .tar, .tar.gz, .tar.zst or an image; - for standard input"],
    ["[b]", "another, to compare it with"],
  ],
  summary: "why two layers have different root hashes",
  options: [
    new Option("--root-hash <hex>", "compare <a> with a root hash: says which options give it"),
    new Option("--all", "list everything, not the first of each kind alone"),
    ...layerShapeOptions(),
  ],
  help: `
With two layers it says whether their root hashes are equal and, if not, why: the
first entry that differs in the order of the archives, and which of its fields; the
options of the tools (16 or 128 GiB, whiteouts, inline data, backslashes); trees and
folders' times as older tools made them; and which blocks differ and what they are.
With --root-hash it tries all options on one layer: for a policy's hash that the
platform does not find. With one layer alone it prints the root hash.

Of every tar it says what a layer keeps badly: times that Linux will show wrong, ACLs,
global headers, empty symlinks, folders without entries, lost attributes.

Tars are made into layers in memory, with the options given; nothing is written. An
image is looked at as it is, unverified: what is said of it is no proof of anything.

Exit codes: 0 equal, or one layer alone; 1 different or malformed; 2 wrong usage.

Examples:
  sealstone layer explain mine.tar theirs.tar
  sealstone layer explain layer.tar.gz layer.vhd --json
  sealstone layer explain layer.tar.gz --root-hash 8b4842f0…
  sealstone layer explain layer.tar`,
  run: async (...call) => (await import("./layer-explain.ts")).runLayerExplain(...call),
});
