/** The root hash that an image's tree has, whatever it should have: for those who must be told why theirs does not fit. */

import { toHex } from "../bytes/hex.ts";
import { createBlockHasher } from "../crypto/create-block-hasher.ts";
import type { BlockDevice } from "../device/block-device.ts";
import { IntegrityError } from "../errors.ts";
import type { TreeGeometry } from "../verity/geometry.ts";
import { saltPosition } from "../verity/identity.ts";
import { readMetadata } from "./metadata-read.ts";
import { LAYER_BLOCK_SIZE_BYTES, layerVerityParameters } from "./verity-parameters.ts";

/**
 * Digest of the tree's top block, as the host shows it now. It decides nothing.
 *
 * @throws {DeviceError} when the device fails.
 */
export async function shownRootHash(
  hash: BlockDevice,
  geometry: TreeGeometry,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { algorithm, salt, hashType } = layerVerityParameters();
  const offsetBytes = geometry.offsetBytes(geometry.levels.length - 1, 0);
  const block = await readMetadata(hash, offsetBytes, LAYER_BLOCK_SIZE_BYTES, signal);
  const capacityBytes = LAYER_BLOCK_SIZE_BYTES;
  const hasher = await createBlockHasher({
    algorithm,
    salt,
    saltPosition: saltPosition(hashType),
    capacityBytes,
  });
  try {
    hasher.input.set(block);
    return hasher.digest(0, LAYER_BLOCK_SIZE_BYTES, 1).slice();
  } finally {
    hasher.close();
  }
}

/** Says both root hashes, and what to think of it. */
export function rootHashMismatch(shown: Uint8Array, expected: Uint8Array, device: string): IntegrityError {
  const message = `the image has root hash ${toHex(shown)}, ${toHex(expected)} is expected: it is another layer, or was built with other options (the largest disk size, whiteouts and inline data change the hash), or its hash tree was tampered with; build it as the policy's tool does, or name the right image`;
  return new IntegrityError("hash-block-mismatch", message, { at: { device } });
}
