/** The options of `sealstone layer build` and `roothash`: how a tar becomes a layer. */
import { InvalidArgumentError, Option } from "commander";
import { fromHex } from "../bytes/hex.ts";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import type { GroupOptions } from "./action-group.ts";
import { byteSize, hasherChoice, threadCount } from "./option-values.ts";

/** What decides a layer's root hash. */
export interface LayerShapeOptions extends GroupOptions {
  readonly maxDiskSize?: number;
  readonly inlineData?: boolean;
  /** False with `--no-whiteouts`. */
  readonly whiteouts: boolean;
  readonly convertSlash?: boolean;
  readonly threads?: number;
  readonly hasher?: HasherChoice;
}

/** What `build` takes besides. */
export interface LayerBuildCommandOptions extends LayerShapeOptions {
  readonly output?: string;
  /** False with `--no-verity`. */
  readonly verity: boolean;
  /** False with `--no-vhd`. */
  readonly vhd: boolean;
  /** 16 bytes. */
  readonly uuid?: Uint8Array;
}

/** Options that decide the root hash, and who computes it; made anew for each action. */
export function layerShapeOptions(): Option[] {
  return [
    new Option(
      "--max-disk-size <size>",
      "limit, for which descriptors are set aside (default: 128GiB)",
    ).argParser(byteSize),
    new Option("--inline-data", "keep files of up to 136 bytes in their inodes"),
    new Option("--no-whiteouts", "leave `.wh.` files as they are"),
    new Option("--convert-slash", "take \\ in names for /"),
    new Option("--threads <count>", "threads that hash (default: one a core)").argParser(threadCount),
    new Option(
      "--hasher <name>",
      "who computes SHA-256: wasm, native (node:crypto), or auto, the faster here (default)",
    ).argParser(hasherChoice),
  ];
}

/** Those of `build`. */
export function layerBuildOptions(): Option[] {
  return [
    new Option("-o, --output <img>", "write the image to this file"),
    ...layerShapeOptions(),
    new Option("--no-verity", "no superblock and no hash tree in the image"),
    new Option("--no-vhd", "no VHD footer at its end"),
    new Option(
      "--uuid <hex>",
      "of the superblock and the footer: 32 hex digits (default: two random ones)",
    ).argParser(uuid),
  ];
}

function uuid(text: string): Uint8Array {
  const digits = text.replaceAll("-", "");
  if (!/^[0-9a-fA-F]{32}$/.test(digits)) throw new InvalidArgumentError("a UUID is 32 hex digits");
  return fromHex(digits, "UUID");
}
