/** Names in a tree of files, for a person or as JSON. */
import { printableText } from "../bytes/printable.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import { pathBytes, type TreePath } from "../tree/path.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import { walkedPath, walkTree } from "../tree/walk.ts";
import type { GroupOptions } from "./action-group.ts";
import type { CommandContext } from "./context.ts";
import { attributesJson, bytesJson, longLine } from "./node-text.ts";

/** As commander hands them over. */
export interface ListingOptions extends GroupOptions {
  readonly long?: boolean;
  readonly recursive?: boolean;
}

interface Listed {
  readonly name: Uint8Array;
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
}

/** Lists a directory, or names a file. */
export async function printListing(
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
  tree: FileTree,
  path: TreePath,
  options: ListingOptions,
): Promise<void> {
  const how = { signal };
  let count = 0;
  for await (const listed of listing(tree, path, options.recursive ?? false, how)) {
    const { name, node, attributes } = listed;
    const target = attributes.type === "symlink" ? await tree.readlink(node, how) : undefined;
    if (options.json) {
      const json = {
        ...bytesJson("path", name),
        ...attributesJson(attributes),
        ...(target && bytesJson("target", target)),
      };
      terminal.out(`${count === 0 ? "[" : ","}${JSON.stringify(json)}`);
    } else {
      terminal.out(options.long ? longLine(attributes, name, target) : printableText(name));
    }
    count++;
  }
  if (options.json) terminal.out(count === 0 ? "[]" : "]");
}

/** One directory sorted by bytes, as `ls -U` would not; all below it as it comes: that needs no memory. */
async function* listing(
  tree: FileTree,
  path: TreePath,
  recursive: boolean,
  options: TreeOptions,
): AsyncGenerator<Listed, void, undefined> {
  const start = await new TreeFiles(tree).resolve(path, { ...options, followSymlinks: false });
  if (start.attributes.type !== "directory") {
    yield { ...start, name: pathBytes(path) };
    return;
  }
  if (recursive) {
    for await (const walked of walkTree(tree, start.node, options))
      yield { ...walked, name: walkedPath(walked) };
    return;
  }
  const entries: { name: Uint8Array; node: TreeNode }[] = [];
  for await (const { name, node } of tree.readdir(start.node, 0, options)) entries.push({ name, node });
  entries.sort((a, b) => Buffer.compare(a.name, b.name));
  for (const { name, node } of entries) yield { name, node, attributes: await tree.getattr(node, options) };
}
