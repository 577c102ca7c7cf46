/** From the options of the command to those of the library. */
import { LAYER_DISK_SIZE_BYTES, type LayerOptions } from "../layer/layer-options.ts";
import type { LayerBuildCommandOptions, LayerShapeOptions } from "./layer-build-options.ts";

/** The options as the library takes them. */
export function layerOptionsFrom(
  options: LayerShapeOptions & Partial<Pick<LayerBuildCommandOptions, "verity" | "vhd">>,
): LayerOptions {
  return {
    maximumDiskSizeBytes: options.maxDiskSize ?? LAYER_DISK_SIZE_BYTES,
    inlineData: options.inlineData ?? false,
    convertWhiteout: options.whiteouts,
    convertBackslash: options.convertSlash ?? false,
    appendDmVerity: options.verity ?? true,
    appendVhdFooter: options.vhd ?? true,
  };
}
