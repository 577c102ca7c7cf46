import { expect, test } from "vitest";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import {
  layerGeometry,
  layerIdentity,
  layerSuperblock,
  layerVerityParameters,
} from "../../src/layer/verity-parameters.ts";
import { saltPosition } from "../../src/verity/identity.ts";
import { parseSuperblock, serializeSuperblock } from "../../src/verity/superblock.ts";

test("the salt is zeros of the caller's own", () => {
  const { salt } = layerVerityParameters();
  expect(salt).toEqual(new Uint8Array(32));
  salt.fill(1);
  expect(layerVerityParameters().salt).toEqual(new Uint8Array(32));
});

test("the identity keeps its own root hash", () => {
  const rootHash = new Uint8Array(32).fill(7);
  const identity = layerIdentity(rootHash, 14);
  rootHash.fill(0);
  expect(identity.rootHash).toEqual(new Uint8Array(32).fill(7));
  expect(identity.dataBlocks).toBe(14);
});

test("the superblock survives its bytes", () => {
  const superblock = layerSuperblock(14, new Uint8Array(16).fill(0x11));
  expect(parseSuperblock(serializeSuperblock(superblock))).toEqual(superblock);
});

test("one data block has a level of its own", () => {
  expect(layerGeometry(1, 2).levels).toEqual([{ level: 0, firstBlock: 2, blocks: 1 }]);
  expect(layerGeometry(128, 129).hashBlocks).toBe(1);
  expect(layerGeometry(129, 130).hashBlocks).toBe(3);
});

test("a block's digest is of the salt and then the block", async () => {
  const { salt, hashType, algorithm } = layerVerityParameters();
  const hasher = await createBlockHasher({
    algorithm,
    salt,
    saltPosition: saltPosition(hashType),
    capacityBytes: 4096,
  });
  await new MemoryDevice(4096).read(0, hasher.input.subarray(0, 4096));
  const digest = new Uint8Array(hasher.digest(0, 4096, 1));
  const expected = await crypto.subtle.digest("SHA-256", new Uint8Array(32 + 4096));
  expect(digest).toEqual(new Uint8Array(expected));
  hasher.close();
});
