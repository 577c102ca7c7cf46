/** Contents of files of a tree, byte for byte. */
import type { FileTree } from "../tree/file-tree.ts";
import { pathBytes, type TreePath } from "../tree/path.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import type { GroupOptions } from "./action-group.ts";
import type { CommandContext } from "./context.ts";
import { bytesJson } from "./node-text.ts";

/** The largest file that is put into JSON. */
const jsonLimitBytes = 2 ** 28;

/**
 * Writes files to standard output, one behind the other. What is written was verified; a file
 * that turns out to be corrupt half-way ends there, with an error.
 */
export async function printContents(
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
  tree: FileTree,
  paths: readonly TreePath[],
  { json }: GroupOptions,
): Promise<void> {
  const files = new TreeFiles(tree);
  const contents: Record<string, unknown>[] = [];
  for (const path of paths) {
    if (json) {
      const content = await files.readFile(path, { signal, limitBytes: jsonLimitBytes });
      contents.push({
        ...bytesJson("path", pathBytes(path)),
        base64: Buffer.from(content).toString("base64"),
      });
      continue;
    }
    for await (const piece of files.createReadStream(path, { signal })) {
      if (!(await terminal.write(piece))) return;
    }
  }
  if (json) terminal.out(JSON.stringify(contents));
}
