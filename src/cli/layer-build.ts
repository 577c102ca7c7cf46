/** `sealstone layer build` and `roothash`: tars in, an image or root hashes out. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../bytes/hex.ts";
import { FormatError } from "../errors.ts";
import { type BuiltLayer, buildLayer } from "../layer/build-layer.ts";
import { LayerFile } from "../layer/layer-file.node.ts";
import type { GroupContext } from "./action-group.ts";
import { byteQuantity } from "./byte-quantity.ts";
import { startCountedBatchThreads } from "./digest-threads.ts";
import { CommandFailure, type ExitCode, exitCodes } from "./exit-codes.ts";
import type { LayerBuildCommandOptions, LayerShapeOptions } from "./layer-build-options.ts";
import { layerOptionsFrom } from "./layer-shape.ts";
import { openTar } from "./tar-input.ts";

/** What a tar is built with. */
export type BuildTarOptions = Parameters<typeof layerOptionsFrom>[0];

/** Builds the image of the tar that is the only operand. */
export async function runLayerBuild(
  context: GroupContext,
  [tar = ""]: readonly string[],
  options: LayerBuildCommandOptions,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const { output, json, uuid } = options;
  // Its digests are of the whole image, whose first block is made last: without a file there is nothing to read again.
  const path = output ?? (json ? join(tmpdir(), "sealstone-layer.img") : undefined);
  await using file = path === undefined ? undefined : await LayerFile.create(path);
  const built = await buildTar(context, tar, options, {
    ...(file && { target: file }),
    ...(uuid && { uuid }),
  });
  const { rootHash, ext4SizeBytes, imageSizeBytes } = built;
  const digests = json && file && (await file.digests(ext4SizeBytes, signal));
  signal.throwIfAborted();
  if (output !== undefined) await file?.commit();
  if (digests) {
    terminal.out(
      JSON.stringify({
        rootHash: toHex(rootHash),
        ext4SizeBytes,
        imageSizeBytes,
        imageSha256: toHex(digests.imageSha256),
        ext4Sha256: toHex(digests.ext4Sha256),
      }),
    );
    return exitCodes.success;
  }
  terminal.out(`Root hash:   ${toHex(rootHash)}`);
  terminal.out(`File system: ${sized(ext4SizeBytes)}`);
  terminal.out(
    `Image:       ${sized(imageSizeBytes)}${output === undefined ? ", not written: no --output" : `, ${output}`}`,
  );
  return exitCodes.success;
}

/** Computes the root hash of each operand's layer. */
export async function runLayerRootHash(
  context: GroupContext,
  tars: readonly string[],
  options: LayerShapeOptions,
): Promise<ExitCode> {
  for (const tar of tars) {
    const { rootHash, ext4SizeBytes } = await buildTar(context, tar, options, {});
    const digits = toHex(rootHash);
    if (options.json) context.terminal.out(JSON.stringify({ tar, rootHash: digits, ext4SizeBytes }));
    else context.terminal.out(tars.length === 1 ? digits : `${digits}  ${tar}`);
  }
  return exitCodes.success;
}

/**
 * Makes a layer of a tar, or computes its root hash alone.
 *
 * @throws {CommandFailure} for a tar that is malformed or cannot be a layer, with the entry and its place.
 * @throws as `openTar` and `buildLayer`.
 */
export async function buildTar(
  context: GroupContext,
  path: string,
  options: BuildTarOptions,
  more: { readonly target?: LayerFile; readonly uuid?: Uint8Array },
): Promise<BuiltLayer> {
  using tar = openTar(path, context, more.target ? "Building" : "Hashing");
  await using threads = startCountedBatchThreads(context, options, tar.sizeBytes);
  context.debug(`${tar.name}: ${tar.sizeBytes ?? "unknown"} bytes, ${threads.count} threads`);
  const { batches, createHasher } = threads;
  const { signal } = context;
  try {
    return await buildLayer(inSteadyMemory(tar.bytes, context), {
      layer: layerOptionsFrom(options),
      batches,
      createHasher,
      signal,
      ...more,
    });
  } catch (cause) {
    if (signal.aborted || !(cause instanceof FormatError)) throw cause;
    throw new CommandFailure(exitCodes.failure, refusal(tar.name, cause), { cause });
  }
}

/** V8 forgets it when a thread starts, which is while the first of these are read. */
const steadyEveryBytes = 32 * 2 ** 20;

/** The same chunks, without letting the heap grow in between. */
async function* inSteadyMemory(
  chunks: AsyncIterable<Uint8Array>,
  { keepMemorySteady }: GroupContext,
): AsyncGenerator<Uint8Array> {
  let steadyBytes = 0;
  for await (const chunk of chunks) {
    steadyBytes -= chunk.length;
    if (steadyBytes < 0) {
      keepMemorySteady();
      steadyBytes = steadyEveryBytes;
    }
    yield chunk;
  }
}

/** Which archive, where in it, and why. */
function refusal(name: string, { message, at }: FormatError): string {
  const where = [at.path === undefined ? "" : ` ${JSON.stringify(at.path)}`];
  if (at.offsetBytes !== undefined) where.push(` at byte ${at.offsetBytes}`);
  const place = where.join("");
  return `${name}: ${message}${place === "" ? "" : `\nIt is the entry${place} of the tar.`}`;
}

function sized(sizeBytes: number): string {
  const quantity = byteQuantity(sizeBytes);
  return sizeBytes < 1024 ? quantity : `${sizeBytes} bytes (${quantity})`;
}
