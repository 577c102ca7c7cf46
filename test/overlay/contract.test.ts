import { openOverlay } from "../../src/overlay/index.ts";
import { bytesOf, MemoryTree } from "../tree/memory-tree.ts";
import { WritableMemoryTree } from "../tree/writable-memory-tree.ts";
import { describeWritableTreeContract } from "../tree/writable-tree-contract.ts";

const differences = { whiteouts: false, countsSubdirectories: false } as const;

describeWritableTreeContract(
  "an overlay over an empty layer",
  async (now) => {
    const upper = new WritableMemoryTree({ now });
    const directory = { type: "directory", permissions: 0o755 } as const;
    const top = await upper.create(upper.root, bytesOf("upper"), directory);
    const work = await upper.create(upper.root, bytesOf("work"), directory);
    const tree = await openOverlay([new MemoryTree({ entries: [] })], {
      upper: { tree: upper, upper: top, work },
    });
    return { tree };
  },
  differences,
);
