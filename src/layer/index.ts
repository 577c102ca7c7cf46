export * from "./build-layer.ts";
export * from "./convert-tar.ts";
export {
  type InspectionOptions,
  inspectLayer,
  type LayerDevices,
  type LayerInspection,
  type LayerLayout,
} from "./layer-inspection.ts";
export * from "./layer-options.ts";
export * from "./layer-target.ts";
export type { LayerTrailer } from "./layer-trailer.ts";
export * from "./memory-target.ts";
export { OpenedLayer, type OpenLayerOptions, openLayer } from "./opened-layer.ts";
export * from "./verify-layer.ts";
export * from "./verity-parameters.ts";
export * from "./vhd-footer.ts";
