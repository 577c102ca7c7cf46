/** The gallery's table in the README, as a terminal shows it without colours. */
import { withMarkedBlock } from "../bench/report/marked-block.ts";
import type { Verdict } from "./gallery/run-gallery.ts";
import { plain } from "./paint.ts";
import { galleryText } from "./report.ts";

/**
 * Puts the table between its markers.
 *
 * @throws {Error} where the markers are not there.
 */
export function withGallery(readme: string, verdicts: readonly Verdict[]): string {
  return withMarkedBlock(readme, "demo", `\`\`\`text\n${galleryText({ verdicts }, plain)}\n\`\`\``);
}
