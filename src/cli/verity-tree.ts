/** `sealstone verity tree`: draws a volume's hash tree, and what is bad in it. */
import { open } from "node:fs/promises";
import { toHex } from "../bytes/hex.ts";
import { type TreeGeometry, treeGeometry } from "../verity/geometry.ts";
import { firstHashBlock } from "../verity/placement.ts";
import type { ActionContext } from "./context.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import { treeFindings } from "./tree-findings.ts";
import { treePage } from "./tree-page.ts";
import { treeText } from "./tree-text.ts";
import { type TreePath, type TreeView, treePath } from "./tree-view.ts";
import { geometryNote, verifyExitCode, verifyJson } from "./verify-output.ts";
import { openShape, openVolume } from "./volume.ts";
import { VolumeFiles } from "./volume-files.ts";
import { type Verification, verifyVolume } from "./volume-verification.ts";

interface DrawnTree {
  readonly view: TreeView;
  /** Absent where the shape alone is drawn. */
  readonly verification?: Verification;
  readonly exitCode: ExitCode;
}

/** One operand is the hash device; two or three are those of `verify`, and the volume is verified. */
export async function runTree(context: ActionContext, operands: readonly string[]): Promise<ExitCode> {
  const { options, terminal } = context;
  await using files = new VolumeFiles();
  const drawn =
    operands.length > 1
      ? await verifiedTree(context, files, operands)
      : await bareTree(context, files, operands);
  if (options.html !== undefined) await writePage(options.html, treePage(drawn.view));
  if (options.json) terminal.out(JSON.stringify(treeJson(drawn)));
  else if (options.html === undefined) terminal.out(treeText(drawn.view));
  const note = drawn.verification && geometryNote(drawn.verification.geometrySource);
  if (note !== undefined) terminal.err(note);
  return drawn.exitCode;
}

async function bareTree(
  context: ActionContext,
  files: VolumeFiles,
  [hashPath = ""]: readonly string[],
): Promise<DrawnTree> {
  const { options, signal } = context;
  const { hash, placement, parameters, dataBlocks } = await openShape(context, files, hashPath);
  const geometry = treeGeometry(parameters, dataBlocks, firstHashBlock(placement, parameters.hashBlockSize));
  const block = blockFrom(options.block, geometry);
  const path = block === undefined ? undefined : await treePath(geometry, hash, block, undefined, signal);
  const view = { hashDevice: hashPath, parameters, geometry, ...withPath(path) };
  return { view, exitCode: exitCodes.success };
}

async function verifiedTree(
  context: ActionContext,
  files: VolumeFiles,
  [dataPath = "", hashPath = "", rootHashText]: readonly string[],
): Promise<DrawnTree> {
  const { options, signal } = context;
  const volume = await openVolume(context, files, dataPath, hashPath, rootHashText);
  const { identity, placement, hash } = volume;
  const first = firstHashBlock(placement, identity.hashBlockSize);
  const geometry = treeGeometry(identity, identity.dataBlocks, first);
  const block = blockFrom(options.block, geometry);
  const verification = await verifyVolume(context, files, volume);
  const findings = treeFindings(geometry, verification.report);
  const path = block === undefined ? undefined : await treePath(geometry, hash, block, findings, signal);
  const view = {
    hashDevice: hashPath,
    dataDevice: dataPath,
    parameters: identity,
    geometry,
    rootHash: identity.rootHash,
    findings,
    ...withPath(path),
  };
  return { view, verification, exitCode: verifyExitCode(verification) };
}

function withPath(path: TreePath | undefined): { path?: TreePath } {
  return path === undefined ? {} : { path };
}

function blockFrom(block: number | undefined, geometry: TreeGeometry): number | undefined {
  if (block === undefined || block < geometry.dataBlocks) return block;
  const last = geometry.dataBlocks - 1;
  throw new CommandFailure(exitCodes.failure, `There is no data block ${block}: the last is ${last}.`);
}

async function writePage(path: string, page: string): Promise<void> {
  try {
    await using file = await open(path, "w");
    await file.writeFile(page);
  } catch (cause) {
    throw new CommandFailure(exitCodes.failure, `Cannot write page ${path}.`, { cause });
  }
}

function treeJson({ view, verification }: DrawnTree): Record<string, unknown> {
  const { geometry, parameters, path, rootHash } = view;
  return {
    ...(rootHash === undefined ? {} : { rootHash: toHex(rootHash) }),
    algorithm: parameters.algorithm,
    hashType: parameters.hashType,
    salt: toHex(parameters.salt),
    dataBlockSize: geometry.dataBlockSize,
    hashBlockSize: geometry.hashBlockSize,
    dataBlocks: geometry.dataBlocks,
    digestsPerBlock: geometry.digestsPerBlock,
    levels: geometry.levels.map(({ level, firstBlock, blocks }) => ({
      level,
      firstBlock,
      blocks,
      offsetBytes: firstBlock * geometry.hashBlockSize,
      dataBlocksPerHashBlock: geometry.dataBlocksUnder(level, 0).count,
    })),
    ...(path === undefined ? {} : { path }),
    ...(verification === undefined ? {} : { verified: verifyJson(verification) }),
  };
}
