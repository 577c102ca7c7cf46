/** Options that two images show to have been made with, where they are not the same. */
import type { Cause } from "./explanation.ts";
import type { OptionSet } from "./option-set.ts";

/** Causes that can be seen in the file systems themselves. */
export function imageOptionCauses(a: Partial<OptionSet>, b: Partial<OptionSet>): Cause[] {
  const causes: Cause[] = [];
  const [sizeA, sizeB] = [a.maximumDiskSizeBytes, b.maximumDiskSizeBytes];
  if (sizeA !== undefined && sizeB !== undefined && sizeA !== sizeB) {
    causes.push({
      code: "maximum-disk-size",
      message: `A has room for the group descriptors of a disk of ${gib(sizeA)}, B of ${gib(sizeB)}: all blocks behind them are shifted.`,
      advice:
        "Policies (az confcom, dmverity-vhd create and roothash) use a maximum of 128 GiB; dmverity-vhd tar2hashed and tar2ext4 use 16 GiB unless told otherwise.",
    });
  }
  if (a.inlineData !== undefined && b.inlineData !== undefined && a.inlineData !== b.inlineData) {
    const [inline, plain] = a.inlineData ? ["A", "B"] : ["B", "A"];
    causes.push({
      code: "inline-data",
      message: `${inline} keeps small files in their inodes, ${plain} does not.`,
      advice: "Leave inline data off (no tar2ext4 -inline): policies do.",
    });
  }
  return causes;
}

function gib(sizeBytes: number): string {
  return `${sizeBytes / 2 ** 30} GiB`;
}
