/** What a tree of ours makes of operation lists. */
import type { WritableFileTree } from "../../../src/tree/writable-file-tree.ts";
import type { Outcome } from "./kernel-outcomes.ts";
import type { OperationList } from "./operation.ts";
import { segmentsOf } from "./segments.ts";
import { TreeExecutor } from "./tree-executor.ts";
import { snapshotOf } from "./tree-snapshot.ts";

/** A file system that can be taken up again and again. */
export interface Remountable {
  open(): Promise<WritableFileTree>;
  /** Lets go of a tree that `open` gave, with all that was changed kept. */
  close(tree: WritableFileTree): Promise<void>;
}

/** Makes the calls of a list and looks at what there is in the end. */
export async function treeOutcome(place: Remountable, list: OperationList): Promise<Outcome> {
  const answers: string[] = [];
  let snapshot: readonly string[] = [];
  const segments = segmentsOf(list);
  for (const segment of segments) {
    const tree = await place.open();
    const executor = new TreeExecutor(tree);
    for (const line of segment) answers.push(await executor.answer(line));
    await executor.closeHandles();
    if (segment === segments.at(-1)) snapshot = await snapshotOf(tree);
    await place.close(tree);
  }
  return { answers, snapshot };
}
