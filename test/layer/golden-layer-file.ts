/** Golden layers as files in a folder, and `sealstone layer` on them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Outcome, scratchFolder } from "../cli/child-command.ts";
import { sealstone } from "../cli/own-command.ts";
import { goldenImage, imageBytes } from "./golden-images.ts";

/** A folder with a golden layer in it. */
export interface LayerFolder {
  readonly folder: string;
  readonly rootHash: string;
  /** Runs an action on the image, with its root hash. */
  run(action: string, ...args: readonly string[]): Promise<Outcome>;
}

/** Writes the layer to `layer.img` in a new folder. */
export function layerFolder(name: string, change: (bytes: Uint8Array) => void = () => {}): LayerFolder {
  const folder = scratchFolder();
  const image = goldenImage(name);
  const bytes = imageBytes(image);
  change(bytes);
  writeFileSync(join(folder, "layer.img"), bytes);
  const rootHash = image.result.verity_root_hash;
  const run = (action: string, ...args: readonly string[]): Promise<Outcome> =>
    sealstone(folder, "layer", action, "layer.img", ...args, "--root-hash", rootHash);
  return { folder, rootHash, run };
}
