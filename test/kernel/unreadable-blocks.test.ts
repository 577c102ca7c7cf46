/** Broken volumes, judged by Linux: the blocks that it answers with an I/O error are those that we name and refuse. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { formatVolume, type Volume, type VolumeSpec } from "./volume.ts";
import { flipBit, type NamedVolume } from "./volume-cases.ts";

const small: VolumeSpec = {
  hashType: 1,
  algorithm: "sha256",
  salt: fromHex("0123456789"),
  dataBlockSize: 512,
  hashBlockSize: 512,
  dataBlocks: 300,
};

const kinds: readonly (readonly [string, Partial<VolumeSpec>])[] = [
  ["one-block", { dataBlocks: 1 }],
  ["512-byte-blocks", {}],
  ["4-KiB-blocks", { dataBlockSize: 4096, hashBlockSize: 4096 }],
  ["larger-hash-blocks", { dataBlockSize: 512, hashBlockSize: 4096 }],
  ["smaller-hash-blocks", { dataBlockSize: 2048, hashBlockSize: 1024 }],
  ["hash-type-0", { hashType: 0 }],
  ["no-salt", { salt: new Uint8Array(0) }],
  ["salt-of-256-bytes", { salt: new Uint8Array(256).fill(0x5a) }],
  ["sha1-packed", { algorithm: "sha1", hashType: 0 }],
  ["sha1", { algorithm: "sha1" }],
  ["sha384", { algorithm: "sha384", hashBlockSize: 1024 }],
  ["sha512", { algorithm: "sha512", hashBlockSize: 1024 }],
  ["one-device", { sameDevice: true }],
  ["no-superblock", { placement: { hashOffsetBytes: 4096, superblock: false } }],
];

/** A volume with bits flipped in its data and, where it has one, in its tree. */
async function broken(change: Partial<VolumeSpec>, random: SeededRandom): Promise<Volume> {
  const volume = await formatVolume({ ...small, ...change });
  const { geometry, data, hash } = volume;
  for (let i = 0; i < 3; i++) flipBit(data, random.below(geometry.dataSizeBytes), random);
  const treeBytes = geometry.hashBlocks * geometry.hashBlockSize;
  if (treeBytes > 0) {
    const offset = geometry.firstHashBlock * geometry.hashBlockSize + random.below(treeBytes);
    flipBit(hash, offset, random);
  }
  return volume;
}

describeWithKernel("uml", "user-mode-linux", (engine) => {
  test("cannot read the blocks that we refuse, and no others", async () => {
    const random = new SeededRandom(1);
    const volumes: NamedVolume[] = [{ name: "sound", volume: await formatVolume(small) }];
    for (const [name, change] of kinds) volumes.push({ name, volume: await broken(change, random) });
    const results = await expectAgreement(engine, volumes);
    for (const { name, status } of results) expect(status, name).toBe(name === "sound" ? "V" : "C");
  }, 300_000);
});
