/**
 * The one way in which a layer is hashed. The tools that make policies know no
 * other, so a policy's root hash can mean nothing else, whatever a superblock
 * claims.
 *
 * Source: hcsshim `ext4/dmverity/dmverity.go`. A hash block's tree has at least
 * one level even over a single data block, where Linux has none.
 */
import { copyOf } from "../bytes/copy.ts";
import { type TreeGeometry, treeGeometry } from "../verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../verity/identity.ts";
import type { Superblock } from "../verity/superblock.ts";

/** Size of a data block, of a hash block, and of the block that a layer's superblock fills: bytes. */
export const LAYER_BLOCK_SIZE_BYTES = 4096;

/** Size of a layer's root hash, a SHA-256 digest, in bytes. */
export const LAYER_ROOT_HASH_SIZE_BYTES = 32;

/** Size of a layer's salt, which is zero bytes throughout. */
const saltSizeBytes = 32;

/** SHA-256 with 32 zero bytes before each block of 4096, hash type 1. The salt is the caller's own copy. */
export function layerVerityParameters(): VerityParameters {
  return {
    hashType: 1,
    algorithm: "sha256",
    salt: new Uint8Array(saltSizeBytes),
    dataBlockSize: LAYER_BLOCK_SIZE_BYTES,
    hashBlockSize: LAYER_BLOCK_SIZE_BYTES,
  };
}

/**
 * The full identity of the layer that a root hash stands for.
 *
 * @param rootHash 32 bytes; copied.
 * @param dataBlocks size of the layer's file system in blocks of 4096.
 */
export function layerIdentity(rootHash: Uint8Array, dataBlocks: number): VerityIdentity {
  return { ...layerVerityParameters(), dataBlocks, rootHash: copyOf(rootHash) };
}

/**
 * What a layer's superblock says.
 *
 * @param uuid 16 bytes, on which nothing depends.
 */
export function layerSuperblock(dataBlocks: number, uuid: Uint8Array): Superblock {
  return { ...layerVerityParameters(), dataBlocks, uuid };
}

/**
 * The shape of a layer's tree.
 *
 * @param dataBlocks at least 1; may be the host's claim.
 * @param firstHashBlock where the tree's top level stands, in blocks of the hash device: in an
 *   image of one file `dataBlocks + 1`, on a hash device of its own 1.
 * @throws {FormatError} as `treeGeometry`.
 */
export function layerGeometry(dataBlocks: number, firstHashBlock: number): TreeGeometry {
  return treeGeometry(layerVerityParameters(), dataBlocks, firstHashBlock, { levels: "at-least-one" });
}
