/** What our own verification says of a volume, in the kernel's terms. */
import { createHash } from "node:crypto";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import type { BlockSpan } from "./kernel-case.ts";
import type { Volume } from "./volume.ts";

/** As `KernelResult` has it. */
export interface Verdict {
  readonly unreadable: readonly BlockSpan[];
  readonly readableSha256: string;
  readonly status: "V" | "C";
}

/** `verifyVerity` over the whole volume; readable blocks are the data device's own bytes. */
export async function verifiedVerdict(volume: Volume): Promise<Verdict> {
  const data = new MemoryDevice(volume.data);
  const hash = volume.hash === volume.data ? data : new MemoryDevice(volume.hash);
  const { identity, placement } = volume;
  const report = await verifyVerity({ data, hash, identity, placement });
  const unreadable = [...report.unreadableBlocks].map(
    ({ first, count }): BlockSpan => [first, first + count - 1],
  );
  const digest = createHash("sha256");
  let position = 0;
  for (const [first, last] of unreadable) {
    digest.update(volume.data.subarray(position, first * identity.dataBlockSize));
    position = (last + 1) * identity.dataBlockSize;
  }
  digest.update(volume.data.subarray(position, identity.dataBlocks * identity.dataBlockSize));
  return { unreadable, readableSha256: digest.digest("hex"), status: report.ok ? "V" : "C" };
}
