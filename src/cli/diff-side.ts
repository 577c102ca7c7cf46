/** What `sealstone diff` holds an image against: another image, the tar of a root file system, a folder. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileDevice } from "../device/file-device.node.ts";
import { FileError } from "../errors.ts";
import { LayerFile } from "../layer/layer-file.node.ts";
import { openLayer } from "../layer/opened-layer.ts";
import type { NodeType } from "../tree/attributes.ts";
import type { FileTree } from "../tree/file-tree.ts";
import { openFolderTree } from "../tree/folder-tree.node.ts";
import type { NodeDifference } from "../tree/tree-change.ts";
import type { GroupContext } from "./action-group.ts";
import { buildTar } from "./layer-build.ts";
import { openRootLayers, usage } from "./root-layers.ts";
import type { RootOptions } from "./root-options.ts";

/** Whether a difference counts, by its field and the type of the node. */
export type Compared = (field: NodeDifference["field"], type: NodeType) => boolean;

/** See the head of this file. Disposing closes it. */
export interface DiffSide extends AsyncDisposable {
  readonly tree: FileTree;
  /** What is not compared, and why, for people. */
  readonly notes: readonly string[];
  readonly isCompared: Compared;
}

/** Another image. Throws as `openRootLayers`. */
export async function imageSide(
  context: GroupContext,
  image: string,
  options: RootOptions,
): Promise<DiffSide> {
  const root = await openRootLayers(context, image, options);
  const tree = await root.merged();
  return {
    tree,
    notes: [],
    isCompared: () => true,
    async [Symbol.asyncDispose]() {
      await tree.close();
      await root[Symbol.asyncDispose]();
    },
  };
}

/**
 * A tar, compressed or not, as a layer is made of it; but that `.wh.` files are files. The layer is in a folder of its
 * own until it is closed.
 *
 * @throws as `buildTar`.
 */
export async function tarSide(
  context: GroupContext,
  tar: string,
  { threads }: Pick<RootOptions, "threads">,
): Promise<DiffSide> {
  const folder = await mkdtemp(join(tmpdir(), "sealstone-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "layer.img");
    await using file = await LayerFile.create(path);
    const options = { whiteouts: false, vhd: false, ...(threads !== undefined && { threads }) };
    const { rootHash } = await buildTar(context, tar, options, { target: file });
    await file.commit();
    const device = await FileDevice.open(path);
    const layer = await openLayer(device, { rootHash, label: tar, closeDevices: true });
    return {
      tree: layer.tree,
      notes: [],
      isCompared: () => true,
      async [Symbol.asyncDispose]() {
        await layer.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * A folder of this machine, as far as a folder can be what an image is.
 *
 * @throws as `openFolderTree`; `CommandFailure`, wrong usage, for what is no folder.
 */
export async function folderSide(folder: string): Promise<DiffSide> {
  const tree = await openFolderTree(folder).catch((error: unknown) => {
    if (!(error instanceof FileError)) throw error;
    throw usage(`sealstone diff: ${folder} is no folder.`);
  });
  const hasOwners = process.geteuid?.() === 0;
  const notes = ["extended attributes are not compared, since Node reads none of a folder"];
  if (!hasOwners) notes.push("owners are not compared, since only the superuser gives files to others");
  return {
    tree,
    notes,
    isCompared: (field, type) => {
      if (field === "xattr") return false;
      if (field === "uid" || field === "gid") return hasOwners;
      // Linux has no permissions of a symlink's own.
      return field !== "permissions" || type !== "symlink";
    },
    [Symbol.asyncDispose]: () => tree.close(),
  };
}
