/** Layers become one tree. */
import { UsageError } from "../errors.ts";
import type { FileTree, TreeOptions } from "../tree/file-tree.ts";
import { OverlayState, type OverlayUpper } from "./overlay-state.ts";
import { OverlayTree } from "./overlay-tree.ts";
import { WorkDirectory } from "./work-directory.ts";

/** How to lay layers over each other. */
export interface OverlayOptions extends TreeOptions {
  /** Names the merged tree in errors; "overlay" unless set. */
  readonly name?: string;
  /** Where changes are kept; without it the overlay is read-only (`EROFS`). */
  readonly upper?: OverlayUpper;
  /**
   * Follow redirects in layers (`trusted.overlay.redirect`); else what bears one is `EPERM`, as mounted with
   * `redirect_dir=nofollow`. No redirects are made: a directory that lower layers have cannot be renamed (`EXDEV`).
   */
  readonly followRedirects?: boolean;
  /** Follow files without content to that of lower layers (`trusted.overlay.metacopy`); else they are `EPERM`. None are made. */
  readonly metacopy?: boolean;
  /** Names that are remembered, of those looked up and of those listed each; 65,536 unless set: some 20 MB. */
  readonly keptNames?: number;
}

/**
 * Lays trees over each other as Linux's overlayfs does. The trees stay their owner's to close, after the overlay.
 *
 * @param lowers topmost first, as `lowerdir=` has them; at least one. Nothing else changes them meanwhile.
 * @throws {UsageError} `invalid-argument` for no lower layer, or an upper that cannot be one.
 */
export async function openOverlay(
  lowers: readonly FileTree[],
  options: OverlayOptions = {},
): Promise<OverlayTree> {
  const { name = "overlay", upper, followRedirects = false, metacopy = false, keptNames = 65_536 } = options;
  if (lowers.length === 0)
    throw new UsageError("invalid-argument", `${name}: an overlay has at least one lower layer`);
  if (!Number.isSafeInteger(keptNames) || keptNames < 1) {
    throw new UsageError("invalid-argument", `${name}: keptNames is at least 1, not ${keptNames}`);
  }
  const followed = { redirects: followRedirects, metacopy };
  const state = new OverlayState({ name, lowers, upper, followed, keptNames });
  if (upper === undefined) return new OverlayTree(state, undefined);
  await checkUpper(name, upper, options);
  await state.names.readMarks(state.root, options);
  return new OverlayTree(state, await WorkDirectory.open(upper.tree, upper.work, options));
}

async function checkUpper(
  name: string,
  { tree, upper, work }: OverlayUpper,
  options: TreeOptions,
): Promise<void> {
  const refuse = (why: string): never => {
    throw new UsageError("invalid-argument", `${name}: ${why}`);
  };
  if (upper.inode === work.inode) refuse("the upper and the work directory are one");
  for (const [what, node] of [
    ["upper", upper],
    ["work", work],
  ] as const) {
    const { type } = await tree.getattr(node, options);
    if (type !== "directory") refuse(`the ${what} directory is a ${type}`);
  }
}
