/** What `sealstone layer explain` is given: a tar or an image, told apart by what it holds. */
import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import { fileChunks } from "../device/file-chunks.node.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { openError } from "../device/open-file.node.ts";
import type { LayerInput } from "../layer/explain/layer-input.ts";
import { decompressNative } from "../tar/decompress.node.ts";
import type { GroupContext } from "./action-group.ts";
import { CommandFailure, exitCodes } from "./exit-codes.ts";
import { ProgressBar } from "./progress.ts";

/** An input, and what is to be given back after it. */
export interface ExplainedInput extends AsyncDisposable {
  readonly layer: LayerInput;
  readonly sizeBytes: number;
}

/** Up to the magic number of an ext4 superblock, and past it. */
const headSizeBytes = 2048;
const ext4MagicOffset = 1080;
const tarMagicOffset = 257;

/**
 * Opens an input. Standard input (`-`) is kept in a temporary file: it is read more than once.
 *
 * @throws {DeviceError} where the file is missing or cannot be opened.
 * @throws {CommandFailure} for a compressed image.
 */
export async function openExplained(path: string, context: GroupContext): Promise<ExplainedInput> {
  const spooled = path === "-" ? await spoolStandardInput(context.signal) : undefined;
  try {
    const name = path === "-" ? "standard input" : path;
    return await openFile(spooled?.path ?? path, name, context, async () => spooled?.remove());
  } catch (error) {
    await spooled?.remove();
    throw error;
  }
}

async function openFile(
  path: string,
  name: string,
  { terminal }: GroupContext,
  remove: () => Promise<void>,
): Promise<ExplainedInput> {
  const head = await readHead(path);
  if (isFileSystem(head)) {
    const device = await FileDevice.open(path);
    return {
      layer: { kind: "image", name, device },
      sizeBytes: device.sizeBytes,
      async [Symbol.asyncDispose]() {
        await device.close();
        await remove();
      },
    };
  }
  const compressed = isCompressed(head);
  if (compressed && isFileSystem(await readDecompressedHead(path))) {
    throw new CommandFailure(
      exitCodes.usage,
      `sealstone layer explain: ${name} is a compressed image.\nDecompress it first (gunzip, unzstd).`,
    );
  }
  const device = await FileDevice.open(path);
  const { sizeBytes } = device;
  await device.close();
  return {
    layer: {
      kind: "tar",
      name,
      open: () => drawn(path, sizeBytes, new ProgressBar(terminal, "Reading")),
      ...(compressed && { storedDigest: () => digestFile(path) }),
    },
    sizeBytes,
    [Symbol.asyncDispose]: remove,
  };
}

/** The archive of a file, with a bar that shows how much of it has been read. */
async function* drawn(path: string, sizeBytes: number, bar: ProgressBar): AsyncGenerator<Uint8Array> {
  try {
    yield* decompressNative(fileChunks(path, { onRead: (readBytes) => bar.update(readBytes, sizeBytes) }));
  } finally {
    bar[Symbol.dispose]();
  }
}

async function digestFile(path: string): Promise<Uint8Array> {
  const hasher = await createNativeStreamHasher("sha256");
  for await (const chunk of fileChunks(path)) hasher.update(chunk);
  return hasher.digest();
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    const head = new Uint8Array(headSizeBytes);
    const { bytesRead } = await file.read(head, 0, headSizeBytes, 0);
    return head.subarray(0, bytesRead);
  } catch (cause) {
    throw openError(path, cause);
  }
}

/** The first bytes of what a file holds compressed; none where it cannot be decompressed. */
async function readDecompressedHead(path: string): Promise<Uint8Array> {
  const head = new Uint8Array(headSizeBytes);
  let length = 0;
  try {
    for await (const chunk of decompressNative(fileChunks(path))) {
      const part = chunk.subarray(0, headSizeBytes - length);
      head.set(part, length);
      length += part.length;
      if (length === headSizeBytes) break;
    }
  } catch {
    // What is wrong with it is said when the archive is read.
  }
  return head.subarray(0, length);
}

function isCompressed([a, b, c, d]: Uint8Array): boolean {
  return (a === 0x1f && b === 0x8b) || (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd);
}

function isFileSystem(head: Uint8Array): boolean {
  const magic = new TextDecoder("latin1").decode(head.subarray(tarMagicOffset, tarMagicOffset + 5));
  return magic !== "ustar" && head[ext4MagicOffset] === 0x53 && head[ext4MagicOffset + 1] === 0xef;
}

async function spoolStandardInput(
  signal: AbortSignal,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "sealstone-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const path = join(folder, "input");
  try {
    await pipeline(process.stdin, createWriteStream(path), { signal });
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
