/** What there is to draw of a tree: its shape, and what is known of its blocks. */
import { toHex } from "../bytes/hex.ts";
import type { BlockDevice } from "../device/block-device.ts";
import type { TreeGeometry } from "../verity/geometry.ts";
import type { VerityParameters } from "../verity/identity.ts";
import { counted, grouped } from "./byte-quantity.ts";
import { type BlockState, blockState, type TreeFindings } from "./tree-findings.ts";

/** A tree to draw. */
export interface TreeView {
  readonly hashDevice: string;
  readonly dataDevice?: string;
  readonly parameters: VerityParameters;
  readonly geometry: TreeGeometry;
  /** The root hash that was verified against. */
  readonly rootHash?: Uint8Array;
  readonly findings?: TreeFindings;
  readonly path?: TreePath;
}

/** The way from the root hash to a data block. */
export interface TreePath {
  readonly block: number;
  /** From the root's level to the leaves. */
  readonly steps: readonly PathStep[];
  /** State of the data block itself; absent where nothing was verified. */
  readonly state?: BlockState;
}

/** One hash block on the way, and the slot in it that leads on. */
export interface PathStep {
  readonly level: number;
  readonly index: number;
  readonly slot: number;
  readonly offsetBytes: number;
  /** The digest in the slot, in hex: what the host's device holds, good or not. */
  readonly digest: string;
  readonly state?: BlockState;
}

/**
 * Reads the digests on the way to a data block.
 *
 * @throws {DeviceError} when the hash device's reads fail; `signal.reason` after an abort.
 */
export async function treePath(
  geometry: TreeGeometry,
  hash: BlockDevice,
  block: number,
  findings: TreeFindings | undefined,
  signal: AbortSignal,
): Promise<TreePath> {
  const steps: PathStep[] = [];
  for (const { level } of geometry.levels.toReversed()) {
    const { index, slot } = geometry.locate(level, block);
    const offsetBytes = geometry.offsetBytes(level, index);
    const digest = new Uint8Array(geometry.digestSizeBytes);
    await hash.read(offsetBytes + slot * geometry.slotSizeBytes, digest, { signal });
    const known = findings?.levels[level];
    const state = known === undefined ? {} : { state: blockState(known, index) };
    steps.push({ level, index, slot, offsetBytes, digest: toHex(digest), ...state });
  }
  return findings === undefined
    ? { block, steps }
    : { block, steps, state: blockState(findings.data, block) };
}

/** How many data blocks a hash block of `level` answers for, at most. */
export function dataBlocksPerHashBlock(geometry: TreeGeometry, level: number): number {
  return geometry.dataBlocksUnder(level, 0).count;
}

/** What a corrupt block takes with it: a sentence a level, from the data up. */
export function consequences(geometry: TreeGeometry): string[] {
  const sentences = ["A corrupt data block is refused alone."];
  for (const { level, blocks } of geometry.levels) {
    const under = dataBlocksPerHashBlock(geometry, level);
    const all = blocks === 1 ? ": all there is" : "";
    sentences.push(
      `A corrupt hash block of level ${level} takes ${counted(under, "data block")} with it${all}.`,
    );
  }
  return sentences;
}

/** One sentence on what was found. */
export function verdict(view: TreeView): string {
  const { findings, geometry } = view;
  if (findings === undefined) return "Shape only: nothing was verified.";
  const { report } = findings;
  if (!report.rootHashMatches) return "The root hash does not fit: no block is vouched for.";
  const bad = report.unreadableBlocks.blocks;
  if (bad > 0) return `${grouped(bad)} of ${counted(geometry.dataBlocks, "data block")} cannot be read.`;
  if (report.badHashBlocks.length > 0) return "Hash blocks are bad, yet no data block is behind them.";
  const repaired = report.repairedBlocks.blocks + report.repairedHashBlocks.length;
  return repaired > 0
    ? `Every block verifies, ${grouped(repaired)} of them after repair.`
    : `All ${grouped(geometry.dataBlocks)} data blocks verify.`;
}
