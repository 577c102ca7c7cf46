/** A consumer's module that names types and values of every subpath. */
import { type BlockDevice, type BlockHasher, createBlockHasher, init, StorageError } from "sealstone";
import { toHex } from "sealstone/bytes";
import core from "sealstone/core-simd.wasm";
import type { HashAlgorithm } from "sealstone/crypto";
import type { WritableBlockDevice } from "sealstone/device";
import type { ErrorCode } from "sealstone/errors";
import { type Ext4Tree, openExt4 } from "sealstone/ext4";
import { type BuiltLayer, buildLayer, type OpenedLayer } from "sealstone/layer";
import type { RegistryReference } from "sealstone/oci";
import { type TarEntry, TarReader } from "sealstone/tar";
import { type FileTree, TreeFiles } from "sealstone/tree";
import type { VerityIdentity } from "sealstone/verity";

const algorithm: HashAlgorithm = "sha256";

export function giveCore(): void {
  init({ module: core });
}

export async function hashOne(device: BlockDevice, identity: VerityIdentity): Promise<string> {
  const hasher: BlockHasher = await createBlockHasher({
    algorithm,
    salt: identity.salt,
    saltPosition: "first",
    capacityBytes: identity.dataBlockSize,
  });
  await device.read(0, hasher.input);
  return toHex(hasher.digest(0, identity.dataBlockSize, 1));
}

export function isTemporary(error: unknown): boolean {
  const code: ErrorCode | undefined = error instanceof StorageError ? error.code : undefined;
  return code === "device-timeout";
}

export async function erase(device: WritableBlockDevice): Promise<void> {
  await device.discard(0, device.sizeBytes);
  await device.flush();
}

export async function buildNamed(tar: Uint8Array): Promise<[TarEntry | undefined, BuiltLayer]> {
  return [await new TarReader([tar]).next(), await buildLayer([tar])];
}

export async function readText(layer: OpenedLayer, path: string): Promise<string> {
  const tree: Ext4Tree & FileTree = await openExt4(layer.device);
  return await new TreeFiles(tree).readFile(path, "utf8");
}

export function hostOf({ host }: RegistryReference): string {
  return host;
}
