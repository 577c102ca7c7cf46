/** A consumer's module that names types and values of every subpath. */
import { type BlockDevice, type BlockHasher, createBlockHasher, init, StorageError } from "sealstone";
import { toHex } from "sealstone/bytes";
import core from "sealstone/core-simd.wasm";
import type { HashAlgorithm } from "sealstone/crypto";
import type { WritableBlockDevice } from "sealstone/device";
import type { ErrorCode } from "sealstone/errors";
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
