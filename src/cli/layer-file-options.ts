/** The options that every `sealstone layer` action on an image takes. */
import { Option } from "commander";
import type { GroupOptions } from "./action-group.ts";

/** As commander hands them over. */
export interface LayerFileOptions extends GroupOptions {
  readonly rootHash?: string;
  readonly rootHashFile?: string;
  readonly hashDevice?: string;
  readonly ignoreTrailingBytes?: boolean;
}

/** The options; made anew for each action. */
export function layerFileOptions(): Option[] {
  return [
    new Option("--root-hash <hex>", "the root hash you trust, as the policy has it: 64 hex digits"),
    new Option("--root-hash-file <path>", "a file that holds it"),
    new Option("--hash-device <path>", "superblock and hash tree, if not in the image"),
    new Option("--ignore-trailing-bytes", "take an image with more behind it than a VHD footer"),
  ];
}
