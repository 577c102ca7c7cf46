/**
 * Built layers kept in a folder, by diff-id and options. Each is a folder of its
 * own, put there by one rename: processes that build the same layer at once do not
 * meet, and the first one's stays.
 *
 *     <key>/layer.img    the layer's image
 *     <key>/layer.json   what it is: diff-id, options, root hash, sizes
 *
 * ## Security
 * What comes out is verified, every block of it, in the place it was copied to. That
 * finds damage. Who may write to the folder can put a layer there that is whole
 * and is another's, which no check short of building it again would find: so the
 * folder must be its user's alone.
 */
import { constants } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../bytes/hex.ts";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { DeviceError, StorageError, UsageError } from "../errors.ts";
import type { LayerOptions } from "../layer/layer-options.ts";
import { verifyLayer } from "../layer/verify-layer.ts";
import type { Digest } from "../oci/digest.ts";
import { JsonObject } from "../oci/json-document.ts";
import { type BuiltImageLayer, layerJson, parseBuiltLayer } from "./image-manifest.ts";

/** What a cache tells of entries that it could not use; the layer is then built anew. */
export type CacheWarning = (message: string) => void;

/** What stands for one layer in the cache. */
export interface CacheKey {
  readonly diffId: Digest;
  readonly options: LayerOptions;
}

const temporaryPrefix = "tmp-";
/** What is older was left by a process that did not end well. */
const staleMs = 24 * 60 * 60 * 1000;

/** See the head of this file. */
export class LayerCache {
  readonly folder: string;
  readonly #warn: CacheWarning;

  private constructor(folder: string, warn: CacheWarning) {
    this.folder = folder;
    this.#warn = warn;
  }

  /**
   * Opens the cache in a folder, which is made, for its owner alone, where there is none.
   *
   * @throws {UsageError} `invalid-argument` for a folder that belongs to or may be written by others.
   * @throws {DeviceError} `device-failed` where it cannot be made or read.
   */
  static async open(folder: string, warn: CacheWarning = () => {}): Promise<LayerCache> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { mode, uid } = await stat(folder);
      const own = process.getuid?.() ?? uid;
      if (uid !== own || (mode & 0o022) !== 0) {
        throw new UsageError(
          "invalid-argument",
          `${folder} can be written by others, who could put false layers there: take a folder of your own (chmod go-w)`,
          { at: { path: folder } },
        );
      }
      await removeStale(folder);
    } catch (cause) {
      if (cause instanceof StorageError) throw cause;
      throw failed(folder, "cannot be used as a cache", cause);
    }
    return new LayerCache(folder, warn);
  }

  /**
   * Copies a layer's image to a path, and verifies it there.
   *
   * @returns what it is, without the file's name; `undefined` where it is not in the cache, or was
   *   not as it should be: then it is no longer.
   */
  async take(
    key: CacheKey,
    path: string,
    signal?: AbortSignal,
  ): Promise<Omit<BuiltImageLayer, "file"> | undefined> {
    const entry = join(this.folder, await keyName(key));
    const record = await readFile(join(entry, "layer.json")).catch(() => undefined);
    if (record === undefined) return undefined;
    try {
      const layer = parseBuiltLayer(JsonObject.parse(record, join(entry, "layer.json")));
      await copyFile(join(entry, "layer.img"), path, constants.COPYFILE_FICLONE);
      await checkCopy(path, key, layer, signal);
      return layer;
    } catch (error) {
      signal?.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      this.#warn(`the cache's image of layer ${key.diffId} is not used: ${why}; it is built anew`);
      await rm(path, { force: true });
      await rm(entry, { recursive: true, force: true });
      return undefined;
    }
  }

  /**
   * Puts a copy of a layer's image into the cache. A cache that takes nothing more is
   * no failure: the warning says why.
   */
  async put(key: CacheKey, layer: BuiltImageLayer, path: string): Promise<void> {
    let temporary: string | undefined;
    try {
      temporary = await mkdtemp(join(this.folder, temporaryPrefix));
      await copyFile(path, join(temporary, "layer.img"), constants.COPYFILE_FICLONE);
      await writeFile(join(temporary, "layer.json"), `${JSON.stringify(layerJson(layer))}\n`);
      await rename(temporary, join(this.folder, await keyName(key)));
    } catch (error) {
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      // Another process was first.
      if (code === "ENOTEMPTY" || code === "EEXIST") return;
      const why = error instanceof Error ? error.message : String(error);
      this.#warn(`layer ${key.diffId} is not kept in the cache: ${why}`);
    }
  }
}

/** Every block against the root hash, and the root hash's layer the one that was asked for. */
async function checkCopy(
  path: string,
  { diffId, options }: CacheKey,
  layer: Omit<BuiltImageLayer, "file">,
  signal: AbortSignal | undefined,
): Promise<void> {
  await using device = await FileDevice.open(path);
  if (layer.diffId !== diffId) throw new DeviceError("content-changed", "it is of another layer");
  if (device.sizeBytes !== layer.imageSizeBytes) {
    throw new DeviceError("size-changed", `it has ${device.sizeBytes} bytes, not ${layer.imageSizeBytes}`);
  }
  if (options.appendDmVerity) {
    const report = await verifyLayer(device, { rootHash: layer.rootHash, ...(signal && { signal }) });
    if (!report.ok)
      throw report.problems[0] ?? new DeviceError("content-changed", "blocks of it are damaged");
    if (report.dataBlocks !== layer.ext4SizeBytes / 4096) {
      throw new DeviceError("content-changed", "its file system has another size");
    }
  }
  if (toHex(await sha256Of(device, signal)) !== toHex(layer.imageSha256)) {
    throw new DeviceError("content-changed", "its SHA-256 is another");
  }
}

async function sha256Of(device: FileDevice, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const hasher = await createNativeStreamHasher("sha256");
  const buffer = new Uint8Array(1024 * 1024);
  for (let at = 0; at < device.sizeBytes; at += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, device.sizeBytes - at));
    await device.read(at, piece, signal && { signal });
    hasher.update(piece);
  }
  return hasher.digest();
}

/** Of the diff-id and of every option that is set; those that are not do not change the layer. */
async function keyName({ diffId, options }: CacheKey): Promise<string> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined && value !== false);
  const text = JSON.stringify([1, diffId, set.sort(([a], [b]) => (a < b ? -1 : 1))]);
  const hasher = await createNativeStreamHasher("sha256");
  hasher.update(new TextEncoder().encode(text));
  return toHex(hasher.digest());
}

async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > staleMs) await rm(join(folder, name), { recursive: true, force: true });
  }
}

function failed(path: string, what: string, cause: unknown): DeviceError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DeviceError("device-failed", `${path} ${what}: ${why}`, { at: { path }, cause });
}
