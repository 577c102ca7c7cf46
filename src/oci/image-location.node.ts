/**
 * Where an image is, as a person writes it, and its source opened.
 *
 * | written                                   | is                                        |
 * | ----------------------------------------- | ----------------------------------------- |
 * | `oci:DIR[:TAG]`                           | a layout in a folder                      |
 * | `oci-archive:FILE[:TAG]`                  | a layout in a tar                         |
 * | `docker-archive:FILE[:REF]`               | what `docker save` writes                 |
 * | a path                                    | whichever of these it is                  |
 * | `[docker://]host[:port]/name[:tag][@digest]` | an image in a registry                 |
 */
import { stat } from "node:fs/promises";
import { createNativeStreamHasher } from "../crypto/native-stream-hasher.node.ts";
import { FileDevice } from "../device/file-device.node.ts";
import { DeviceError, FormatError, UsageError } from "../errors.ts";
import { ArchiveStore } from "./archive-store.ts";
import { DockerArchiveSource, isDockerArchive } from "./docker-archive.ts";
import type { FileStore } from "./file-store.ts";
import { FolderStore } from "./folder-store.node.ts";
import type { ImageSource, SourceOptions } from "./image-source.ts";
import { isLayout, LayoutSource } from "./layout.ts";
import { quoted } from "./quoted-text.ts";
import { parseReference, type RegistryReference } from "./reference.ts";
import type { RegistryOptions } from "./registry-client.ts";
import { RegistrySource } from "./registry-source.ts";

/** Where an image is. Plain data, which another thread can be told. */
export type ImageLocation =
  | { readonly kind: "layout-folder"; readonly path: string; readonly tag: string | undefined }
  | { readonly kind: "layout-archive"; readonly path: string; readonly tag: string | undefined }
  | { readonly kind: "docker-archive"; readonly path: string; readonly reference: string | undefined }
  | { readonly kind: "registry"; readonly reference: RegistryReference };

/** How an image is read, wherever it is. */
export interface OpenImageSourceOptions extends SourceOptions, RegistryOptions {}

/** The words before a colon that say what follows. */
const transports = ["oci", "oci-archive", "docker-archive"] as const;

/**
 * Understands what a person wrote. What is at a path is looked at; a registry is not asked.
 *
 * @throws {UsageError} `invalid-argument` for what is none of the forms, and for standard input.
 * @throws {FormatError} `bad-magic` for a file or folder that is no image.
 * @throws {DeviceError} `device-missing` where there is nothing at a path.
 */
export async function locateImage(text: string): Promise<ImageLocation> {
  const transport = transports.find((name) => text.startsWith(`${name}:`));
  const rest = transport === undefined ? text : text.slice(transport.length + 1);
  if (rest === "-") {
    throw new UsageError(
      "invalid-argument",
      "an image is not read from standard input: its files are needed in another order than they come; save it to a file first",
    );
  }
  if (transport !== undefined) return withTransport(transport, rest);
  if (!text.startsWith("docker://")) {
    if (await exists(text)) return detect(text);
    if (/^(?:\.{0,2}\/|\.{1,2}$|~)/.test(text)) throw missing(text);
  }
  return { kind: "registry", reference: parseReference(text) };
}

/**
 * Opens the source. SHA-256 is by `node:crypto` unless `createHasher` is given.
 *
 * @throws as the source's own opening does.
 */
export async function openImageSource(
  location: ImageLocation,
  options: OpenImageSourceOptions = {},
): Promise<ImageSource> {
  const { createHasher = createNativeStreamHasher } = options;
  switch (location.kind) {
    case "registry":
      return new RegistrySource(location.reference, { ...options, createHasher });
    case "layout-folder":
      return new LayoutSource(await FolderStore.open(location.path), layoutOptions(location.tag));
    case "layout-archive":
      return new LayoutSource(await openArchive(location.path), layoutOptions(location.tag));
    case "docker-archive":
      return openDockerArchive(await openArchive(location.path), location.reference);
  }

  function layoutOptions(tag: string | undefined): { createHasher: typeof createHasher; tag?: string } {
    return { createHasher, ...(tag !== undefined && { tag }) };
  }

  async function openDockerArchive(store: FileStore, reference: string | undefined): Promise<ImageSource> {
    // Since Docker 25 it is a layout as well, and perhaps nothing else.
    if (!(await isDockerArchive(store)) && (await isLayout(store))) {
      return new LayoutSource(store, layoutOptions(reference));
    }
    return new DockerArchiveSource(store, { createHasher, ...(reference !== undefined && { reference }) });
  }
}

async function withTransport(transport: (typeof transports)[number], text: string): Promise<ImageLocation> {
  const { path, name } = await splitPath(text);
  switch (transport) {
    case "oci":
      return { kind: "layout-folder", path, tag: name };
    case "oci-archive":
      return { kind: "layout-archive", path, tag: name };
    case "docker-archive":
      return { kind: "docker-archive", path, reference: name };
  }
}

/** A path may hold colons: the longest part before one that is there is the path. */
async function splitPath(text: string): Promise<{ path: string; name: string | undefined }> {
  if (await exists(text)) return { path: text, name: undefined };
  for (let colon = text.lastIndexOf(":"); colon > 0; colon = text.lastIndexOf(":", colon - 1)) {
    const path = text.slice(0, colon);
    if (await exists(path)) return { path, name: text.slice(colon + 1) };
  }
  throw missing(text);
}

async function detect(path: string): Promise<ImageLocation> {
  if ((await stat(path)).isDirectory()) {
    await using store = await FolderStore.open(path);
    if (await isLayout(store)) return { kind: "layout-folder", path, tag: undefined };
    throw noImage(path, "it has no file oci-layout");
  }
  await using store = await openArchive(path);
  if (await isLayout(store)) return { kind: "layout-archive", path, tag: undefined };
  if (await isDockerArchive(store)) return { kind: "docker-archive", path, reference: undefined };
  throw noImage(
    path,
    "it has neither oci-layout nor manifest.json in it; a single layer is for `sealstone layer`",
  );
}

async function openArchive(path: string): Promise<ArchiveStore> {
  const device = await FileDevice.open(path);
  try {
    return await ArchiveStore.open(device);
  } catch (error) {
    await device.close();
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function missing(path: string): DeviceError {
  return new DeviceError("device-missing", `${quoted(path)} does not exist`, { at: { path } });
}

function noImage(path: string, why: string): FormatError {
  return new FormatError("bad-magic", `${quoted(path)} is no image: ${why}`, { at: { path } });
}
