export type { Closable } from "./close-order.ts";
export * from "./layer-decision.ts";
export * from "./mount-layers.ts";
export * from "./mount-overlay.ts";
export { MountedOverlay } from "./mounted-overlay.ts";
export { type OverlayOptions, openOverlay } from "./open-overlay.ts";
export type { OverlayUpper } from "./overlay-state.ts";
export { OverlayTree } from "./overlay-tree.ts";
export { mountScratch, ScratchDisk, type ScratchDiskOptions, type ScratchSpace } from "./scratch-disk.ts";
