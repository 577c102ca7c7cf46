/** A tree of files drawn as `tree` draws it, or as JSON. */
import { printableText } from "../bytes/printable.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import type { TreePath } from "../tree/path.ts";
import { TreeFiles } from "../tree/tree-files.ts";
import { EnteredDirectories } from "../tree/walk.ts";
import type { GroupOptions } from "./action-group.ts";
import type { CommandContext } from "./context.ts";
import { attributesJson, bytesJson } from "./node-text.ts";

/** As commander hands them over. */
export interface FigureOptions extends GroupOptions {
  /** How many levels below the start; all unless given. */
  readonly depth?: number;
}

interface Entry {
  readonly name: Uint8Array;
  readonly node: TreeNode;
  readonly attributes: NodeAttributes;
  readonly target: Uint8Array | undefined;
}

/** A node that a figure comes to, or the end of a directory. */
type Step =
  | {
      readonly entry: Entry;
      /** What stands before the lines of its directory. */
      readonly indent: string;
      readonly isFirst: boolean;
      readonly isLast: boolean;
      /** What is in it follows, and then its end. */
      readonly isOpened: boolean;
    }
  | "end";

/** Draws what a path leads to, and all that is below it. Memory grows with the names in the directories on the way. */
export async function printFigure(
  { terminal, signal }: Pick<CommandContext, "terminal" | "signal">,
  tree: FileTree,
  path: TreePath,
  { depth = Number.POSITIVE_INFINITY, json }: FigureOptions,
): Promise<void> {
  const { node, attributes, names } = await new TreeFiles(tree).resolve(path, { signal });
  const name = names.at(-1) ?? new TextEncoder().encode("/");
  const start = { name, node, attributes, target: undefined };
  const steps = figureSteps(tree, start, depth, { signal });
  if (json) for await (const step of steps) terminal.out(jsonOf(step));
  else {
    const counts = { directories: 0, others: 0 };
    for await (const step of steps) {
      if (step === "end") continue;
      counts[step.entry.attributes.type === "directory" ? "directories" : "others"]++;
      terminal.out(lineOf(step));
    }
    terminal.out(`\n${counts.directories} directories, ${counts.others} other files`);
  }
}

async function* figureSteps(
  tree: FileTree,
  start: Entry,
  depth: number,
  options: TreeOptions,
): AsyncGenerator<Step, void, undefined> {
  const entered = new EnteredDirectories(tree.name);
  const levels: { readonly entries: readonly Entry[]; next: number; readonly indent: string }[] = [];
  const enter = async ({ node }: Entry, indent: string): Promise<void> => {
    entered.enter(node);
    levels.push({ entries: await sortedEntries(tree, node, options), next: 0, indent });
  };
  const isOpened = ({ attributes }: Entry): boolean =>
    attributes.type === "directory" && levels.length < depth;
  const opensFirst = isOpened(start);
  yield { entry: start, indent: "", isFirst: true, isLast: true, isOpened: opensFirst };
  if (opensFirst) await enter(start, "");
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { entries, indent } = level;
    const entry = entries[level.next++];
    if (entry === undefined) {
      levels.pop();
      yield "end";
      continue;
    }
    const isLast = level.next === entries.length;
    const opens = isOpened(entry);
    const edge = isLast ? "└── " : "├── ";
    yield { entry, indent: indent + edge, isFirst: level.next === 1, isLast, isOpened: opens };
    if (opens) await enter(entry, indent + (isLast ? "    " : "│   "));
  }
}

async function sortedEntries(tree: FileTree, directory: TreeNode, options: TreeOptions): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const { name, node } of tree.readdir(directory, 0, options)) {
    const attributes = await tree.getattr(node, options);
    const target = attributes.type === "symlink" ? await tree.readlink(node, options) : undefined;
    entries.push({ name, node, attributes, target });
  }
  return entries.sort((a, b) => Buffer.compare(a.name, b.name));
}

function lineOf({ entry, indent }: Exclude<Step, "end">): string {
  const { name, attributes, target } = entry;
  const isRoot = name.length === 1 && name[0] === 0x2f;
  const end = attributes.type === "directory" && !isRoot ? "/" : "";
  return `${indent}${printableText(name)}${end}${target === undefined ? "" : ` -> ${printableText(target)}`}`;
}

/** Objects in one another, each on a line of its own. */
function jsonOf(step: Step): string {
  if (step === "end") return "]}";
  const { name, attributes, target } = step.entry;
  const json = JSON.stringify({
    ...bytesJson("name", name),
    ...attributesJson(attributes),
    ...(target && bytesJson("target", target)),
  });
  return `${step.isFirst ? "" : ","}${step.isOpened ? `${json.slice(0, -1)},"children":[` : json}`;
}
