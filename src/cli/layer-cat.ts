/** `sealstone layer cat`: contents of a verified layer's files, byte for byte. */
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupContext } from "./action-group.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { LayerFileOptions } from "./layer-file-options.ts";
import { openLayerFile } from "./layer-files.ts";

/** The largest file that is put into JSON. */
const jsonLimitBytes = 2 ** 28;

/**
 * Writes the files that follow the image to standard output, one behind the
 * other. What is written was verified; a file that turns out to be corrupt
 * half-way ends there, with an error.
 */
export async function runLayerCat(
  context: GroupContext,
  [imagePath = "", ...paths]: readonly string[],
  options: LayerFileOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  await using layer = await openLayerFile(context, imagePath, options);
  const files = new TreeFiles(layer.tree);
  const contents: Record<string, unknown>[] = [];
  for (const path of paths) {
    if (options.json) {
      const content = await files.readFile(path, { signal, limitBytes: jsonLimitBytes });
      contents.push({ path, base64: Buffer.from(content).toString("base64") });
      continue;
    }
    for await (const piece of files.createReadStream(path, { signal })) {
      if (!(await terminal.write(piece))) return exitCodes.success;
    }
  }
  if (options.json) terminal.out(JSON.stringify(contents));
  return exitCodes.success;
}
