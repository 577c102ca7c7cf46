export * from "./build-layer.ts";
export * from "./convert-tar.ts";
export * from "./explain/explain.ts";
export type { ExplainOptions } from "./explain/explain-context.ts";
export * from "./explain/explanation.ts";
export type { ExplainEngine, ImageInput, LayerInput, TarInput } from "./explain/layer-input.ts";
export type { OptionSet } from "./explain/option-set.ts";
export { type LayerWarning, type LayerWarnings, type WarningCode, warningAdvice } from "./explain/warning.ts";
export type { LayerHold } from "./layer-holds.ts";
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
export { OfferedLayer, type OfferOptions, offeredLayer } from "./offered-layer.ts";
export { OpenedLayer, type OpenLayerOptions, openLayer } from "./opened-layer.ts";
export { type ArchiveTreeOptions, archiveTree } from "./tree-archive.ts";
export type { LeftOut, LeftOutKind } from "./tree-node-walk.ts";
export * from "./verify-layer.ts";
export * from "./verity-parameters.ts";
export * from "./vhd-footer.ts";
