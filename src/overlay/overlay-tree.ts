/** An overlay of file trees, as Linux's overlayfs merges them. */
import { MergedTree } from "./merged-tree.ts";

/** The merged tree. Made by `openOverlay`. */
export class OverlayTree extends MergedTree {}
