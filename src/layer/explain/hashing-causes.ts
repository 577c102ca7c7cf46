/** Reasons that lie in how an image's tree was made, and not in its data. */
import type { Cause } from "./explanation.ts";
import type { ImageView } from "./image-view.ts";

const standardTree =
  "Convert the layer anew with tools of today; the policy's root hash is that of the tree without the block.";

/** What an image's tree says other than that its data is hashed as layers are; empty where nothing does. */
export function hashingCauses({ name, storedTree, superblock, problems }: ImageView, side: string): Cause[] {
  if (storedTree === "standard" || storedTree === "none") return [];
  if (storedTree === "before-1659") {
    const message = `${side} (${name}) has the tree that hcsshim built before #1659 (February 2023): a level that fills its last block has a block of zeros more, and so another root hash over the same data.`;
    return [{ code: "tree-before-1659", message, advice: standardTree }];
  }
  const foreign = problems.filter(({ at }) => at.field !== undefined && parameterFields.has(at.field));
  if (superblock && foreign.length > 0) {
    const list = foreign.map(({ message }) => message).join("; ");
    const message = `${side} (${name}) was hashed with other parameters than a layer's: ${list}.`;
    const advice =
      "Format it with SHA-256, 32 zero bytes of salt, hash type 1 and blocks of 4096 (veritysetup format --salt=00…00).";
    return [{ code: "verity-parameters", message, advice }];
  }
  const message = `${side} (${name}) has a tree that is not that of its data: its root hash means nothing.`;
  const advice = "Take the image for damaged or forged; sealstone layer verify says which blocks do not fit.";
  return [{ code: "stored-tree", message, advice }];
}

const parameterFields: ReadonlySet<string> = new Set([
  "hashType",
  "algorithm",
  "salt",
  "dataBlockSize",
  "hashBlockSize",
  "dataBlocks",
]);
