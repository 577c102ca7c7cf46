/** The options of every action on a merged root file system. */
import { Option } from "commander";
import { type ImageOptions, imageOptions } from "./image-options.ts";

/** As commander hands them over. */
export interface RootOptions extends ImageOptions {
  readonly layer?: readonly string[];
  readonly digest?: string;
  readonly policy?: string;
  readonly cache?: string;
}

/** The options; made anew for each action. */
export function rootOptions(): Option[] {
  return [
    new Option(
      "--layer <image=roothash>",
      "in place of <image> a layer image and its root hash; repeat it, the base first",
    ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
    new Option("--digest <digest>", "the image's digest, sha256:…: another image is refused"),
    new Option("--policy <file>", "the layers must be those of a container that this policy lists"),
    ...imageOptions(),
    new Option("--cache <dir>", "folder of layers built before: taken from there, verified, and kept there"),
  ];
}
