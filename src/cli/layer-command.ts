/** `sealstone layer`: its actions, one file each. */
import { type ActionMaker, actionGroup } from "./action-group.ts";
import { layerBuildActions } from "./layer-build-actions.ts";
import { layerExplainAction } from "./layer-explain-action.ts";
import { layerImageActions } from "./layer-image-actions.ts";

/** The `layer` command. */
export const layerCommand: ActionMaker = actionGroup(
  "layer",
  "layer images: a tar as ext4, a dm-verity tree and a VHD footer",
  `
Exit codes:
  0  done; everything that was checked is as it should be
  1  refused: malformed, unreadable, or it does not hold
  2  wrong usage
  70  a bug of sealstone's own    130  stopped by a signal`,
  [...layerBuildActions, ...layerImageActions, layerExplainAction],
);
