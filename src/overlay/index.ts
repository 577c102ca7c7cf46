export * from "./layer-decision.ts";
export { type OverlayOptions, openOverlay } from "./open-overlay.ts";
export type { OverlayUpper } from "./overlay-state.ts";
export { OverlayTree } from "./overlay-tree.ts";
