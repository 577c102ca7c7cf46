/** What overlayfs does, as the guest mounts it: all chosen cases by the rule that each is about. */
import type { OverlayCase } from "./kernel-outcomes.ts";
import { overlayCaseOf } from "./overlay-rule.ts";
import { copyRules } from "./rules-of-copies.ts";
import { markRules } from "./rules-of-marks.ts";
import { renameRules } from "./rules-of-renames.ts";
import { whiteoutRules } from "./rules-of-whiteouts.ts";

/** Cases by rule. */
export const overlayRules: ReadonlyMap<string, OverlayCase> = new Map(
  Object.entries({ ...whiteoutRules, ...copyRules, ...renameRules, ...markRules }).map(([name, rule]) => [
    name,
    overlayCaseOf(rule),
  ]),
);
