/** `sealstone layer verify`: a whole image against its root hash, and all that is wrong with it. */
import { toHex } from "../bytes/hex.ts";
import { type LayerReport, verifyLayer } from "../layer/verify-layer.ts";
import type { GroupContext } from "./action-group.ts";
import { byteQuantity, counted } from "./byte-quantity.ts";
import { startDigestThreads } from "./digest-threads.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import type { LayerFileOptions } from "./layer-file-options.ts";
import { LayerFiles, layerRootHash } from "./layer-files.ts";
import { ProgressBar } from "./progress.ts";
import { maxListed, verifyLines } from "./verify-output.ts";

/** As commander hands them over. */
export interface LayerVerifyOptions extends LayerFileOptions {
  readonly threads?: number;
}

/** Verifies the image that is the one operand. */
export async function runLayerVerify(
  context: GroupContext,
  [path = ""]: readonly string[],
  options: LayerVerifyOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const rootHash = await layerRootHash(options);
  await using files = await LayerFiles.open(path, options);
  await using threads = startDigestThreads(context, options, files.image.sizeBytes);
  context.debug(`${files.image.sizeBytes} bytes, ${threads.count} threads`);
  using bar = new ProgressBar(terminal, "Verifying");
  const report = await verifyLayer(files.image, {
    rootHash,
    ...files.devices,
    ...(options.ignoreTrailingBytes && { ignoreTrailingBytes: true }),
    digests: threads.digests,
    signal,
    onProgress: ({ doneBlocks, totalBlocks }) => bar.update(doneBlocks * 4096, totalBlocks * 4096),
  });
  bar[Symbol.dispose]();
  for (const line of problemLines(report)) terminal.err(line);
  if (options.json) terminal.out(JSON.stringify(reportJson(report, rootHash, files.image.sizeBytes)));
  else if (report.ok) terminal.out(goodLine(path, report, rootHash));
  else terminal.err(`${path} is not the layer of root hash ${toHex(rootHash)}: refuse it.`);
  return report.ok ? exitCodes.success : exitCodes.failure;
}

function goodLine(path: string, { dataBlocks = 0, trailers }: LayerReport, rootHash: Uint8Array): string {
  const footer = trailers.some((trailer) => trailer.footer !== undefined) ? "VHD footer" : "no VHD footer";
  const size = byteQuantity(dataBlocks * 4096);
  return `${path} is the layer of root hash ${toHex(rootHash)}:\n${counted(dataBlocks, "block")} (${size}) verified, superblock as it should be, ${footer}.`;
}

function problemLines({ problems, blocks, rootHashMatches }: LayerReport): string[] {
  const lines = problems.map((problem) => problem.message);
  if (blocks === undefined) return lines;
  const ofBlocks = verifyLines({ report: blocks, geometrySource: "identity", correctedBytes: undefined });
  if (!rootHashMatches && blocks.ok)
    lines.push("In itself the image is whole: every block fits its own root hash.");
  return [...lines, ...ofBlocks];
}

function reportJson(
  report: LayerReport,
  rootHash: Uint8Array,
  imageSizeBytes: number,
): Record<string, unknown> {
  const { ok, rootHashMatches, shownRootHash, dataBlocks, superblock, trailers, problems, blocks } = report;
  return {
    ok,
    rootHash: toHex(rootHash),
    rootHashMatches,
    ...(shownRootHash && { shownRootHash: toHex(shownRootHash) }),
    imageSizeBytes,
    ...(dataBlocks !== undefined && { dataBlocks, ext4SizeBytes: dataBlocks * 4096 }),
    ...(superblock && { uuid: toHex(superblock.uuid) }),
    trailers: trailers.map(({ device, offsetBytes, sizeBytes, footer }) => ({
      device,
      offsetBytes,
      sizeBytes,
      ...(footer && { vhdFooter: { sizeBytes: footer.sizeBytes, uniqueId: toHex(footer.uniqueId) } }),
    })),
    problems: problems.map(({ name, code, message, at }) => ({ name, code, message, at })),
    ...(blocks && {
      unreadableBlocks: blocks.unreadableBlocks.numbers(maxListed),
      badHashBlocks: blocks.badHashBlocks.slice(0, maxListed),
      truncated: blocks.unreadableBlocks.blocks > maxListed || blocks.badHashBlockCount > maxListed,
    }),
  };
}
