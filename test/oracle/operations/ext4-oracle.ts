/** Both sides of lists on ext4: the kernel's driver on an image of mkfs's, ours on one of ours. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryDevice } from "../../../src/device/memory-device.ts";
import { formatExt4 } from "../../../src/ext4/format-ext4.ts";
import { openWritableExt4 } from "../../../src/ext4/writable-ext4-tree.ts";
import { fsckComplaints } from "../system-tools.ts";
import type { Oracle } from "./agreement.ts";
import { ext4Outcomes, imageOutcome, type Outcome } from "./kernel-outcomes.ts";
import type { OperationList } from "./operation.ts";
import { segmentsOf } from "./segments.ts";
import { treeOutcome } from "./tree-outcomes.ts";

/** Of an extent tree in good order that could do with fewer blocks; e2fsck takes it for clean. */
const couldBeSmaller = /^Inode \d+ extent tree \(at level \d+\) could be (?:narrower|shorter)/;

/**
 * Who makes the calls on our image: our driver alone, or from one `remount` to
 * the next ours and the kernel's in turn.
 */
export type Players = "ours" | "in turn";

/**
 * Holds ours against the kernel's. Whenever the file system is let go of, e2fsck must find nothing, and the kernel
 * the same tree.
 *
 * @param imageBytes the size of our file system, with room for what lists write.
 */
export function ext4Oracle(players: Players, imageBytes: number = 16 * 2 ** 20): Oracle<OperationList> {
  return {
    kernel: ext4Outcomes,
    ours: (list) => ourOutcome(list, players, imageBytes),
    lists: (list) => [list],
    withLists: (_, [list = []]) => list,
  };
}

async function ourOutcome(list: OperationList, players: Players, imageBytes: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "sealstone-oracle-"));
  try {
    const image = join(folder, "image");
    const bytes = new Uint8Array(imageBytes);
    await formatExt4(new MemoryDevice(bytes), { isZero: true });
    const answers: string[] = [];
    const findings: string[] = [];
    let snapshot: readonly string[] = [];
    for (const [index, segment] of segmentsOf(list).entries()) {
      const isOurs = players === "ours" || index % 2 === 0;
      const outcome = isOurs ? await playOurs(bytes, segment) : imageOutcome(image, folder, segment);
      if (isOurs) {
        writeFileSync(image, bytes);
        const complaints = fsckComplaints(image).filter((line) => !couldBeSmaller.test(line));
        findings.push(...complaints.map((line) => `e2fsck after segment ${index}: ${line}`));
        const seen = imageOutcome(image, folder, []).snapshot;
        if (seen.join("\n") !== outcome.snapshot.join("\n")) findings.push("the kernel sees:", ...seen);
      }
      if (!isOurs) bytes.set(readFileSync(image));
      answers.push(...outcome.answers);
      snapshot = outcome.snapshot;
    }
    return { answers, snapshot: [...snapshot, ...findings] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function playOurs(bytes: Uint8Array, list: OperationList): Promise<Outcome> {
  const place = {
    open: () => openWritableExt4(new MemoryDevice(bytes)),
    async close(tree: Awaited<ReturnType<typeof openWritableExt4>>) {
      await tree.flush();
      await tree.close();
    },
  };
  return treeOutcome(place, list);
}
