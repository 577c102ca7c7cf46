/** What an overlay of ours makes of the cases that the kernel's is given. */
import { invariant } from "../../../src/errors.ts";
import { openOverlay } from "../../../src/overlay/open-overlay.ts";
import type { FileTree, TreeNode } from "../../../src/tree/file-tree.ts";
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import type { Oracle } from "./agreement.ts";
import { type Outcome, type OverlayCase, overlayOutcomes } from "./kernel-outcomes.ts";
import type { OperationList } from "./operation.ts";
import { TreeExecutor } from "./tree-executor.ts";
import { type Remountable, treeOutcome } from "./tree-outcomes.ts";
import { snapshotOf } from "./tree-snapshot.ts";

/** Makes an empty tree for layers and uppers to be kept in. */
export type MakeTree = () => Promise<WritableFileTree>;

/** Layers and an upper directory in trees of a kind, as an overlay that can be taken up again and again. */
export interface OverlayPlace extends Remountable {
  /** What the upper directory holds. */
  upperSnapshot(): Promise<string[]>;
  /** Closes the trees below. */
  end(): Promise<void>;
}

/** Makes the layers of a case. */
export async function overlayPlace(makeTree: MakeTree, one: OverlayCase): Promise<OverlayPlace> {
  const lowers: FileTree[] = [];
  for (const layer of one.layers) {
    const lower = await makeTree();
    await play(lower, layer);
    lowers.unshift(lower);
  }
  const tree = await makeTree();
  await play(tree, ["mkdir upper 755", "mkdir work 755"]);
  const upper = await childOf(tree, "upper");
  const work = await childOf(tree, "work");
  await play(withRoot(tree, upper), one.upper ?? []);
  return {
    open: () => openOverlay(lowers, one.readOnly ? {} : { upper: { tree, upper, work } }),
    close: (overlay) => overlay.close(),
    upperSnapshot: () => snapshotOf(tree, upper),
    async end() {
      for (const each of [...lowers, tree]) await each.close();
    },
  };
}

async function ourOutcome(makeTree: MakeTree, one: OverlayCase): Promise<Outcome> {
  const place = await overlayPlace(makeTree, one);
  try {
    const outcome = await treeOutcome(place, one.list);
    return { ...outcome, upper: comparableUpper(await place.upperSnapshot(), one.upper !== undefined) };
  } finally {
    await place.end();
  }
}

/** Both sides of an overlay's cases. */
export function overlayOracle(makeTree: MakeTree): Oracle<OverlayCase> {
  return {
    kernel: (cases) =>
      overlayOutcomes(cases).map((outcome, index) => ({
        ...outcome,
        upper: comparableUpper(outcome.upper ?? [], cases[index]?.upper !== undefined),
      })),
    ours: (one) => ourOutcome(makeTree, one),
    lists: ({ layers, upper = [], list }) => [...layers, upper, list],
    withLists: (one, lists) => ({
      ...one,
      layers: lists.slice(0, -2),
      ...(one.upper && { upper: lists.at(-2) ?? [] }),
      list: lists.at(-1) ?? [],
    }),
  };
}

/**
 * What is equal in two upper directories that say the same. The kernel keeps
 * file handles of its own in `origin` and a random number in `uuid`. Of an upper
 * directory that no overlay made, it notes what it finds as it is looked at, in
 * `impure`, and whiteouts there need not be names of one node.
 *
 * @param handMade whether it was such a one in the beginning.
 */
export function comparableUpper(lines: readonly string[], handMade: boolean): string[] {
  const aside = handMade ? /(?:origin|uuid|impure)/ : /(?:origin|uuid)/;
  const marks = new RegExp(` trusted\\.overlay\\.${aside.source}=\\S+`, "g");
  return lines.map((line) => {
    const plain = line.replace(marks, "");
    if (!handMade || !plain.includes(" device=0:0 ")) return plain;
    return plain.replace(/ links=\d+/, "").replace(/ same=\S+/, "");
  });
}

async function play(tree: WritableFileTree, list: OperationList): Promise<void> {
  const executor = new TreeExecutor(tree);
  for (const line of list) await executor.answer(line);
  await executor.closeHandles();
}

async function childOf(tree: FileTree, name: string): Promise<TreeNode> {
  const node = await tree.lookup(tree.root, Buffer.from(name));
  invariant(node !== undefined, `${name} was made`);
  return node;
}

/** A tree as seen from one of its directories. */
function withRoot(tree: WritableFileTree, root: TreeNode): WritableFileTree {
  return new Proxy(tree, {
    get(target, key) {
      if (key === "root") return root;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
