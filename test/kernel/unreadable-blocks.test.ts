/** Broken volumes, judged by Linux: the blocks that it answers with an I/O error are those that we name and refuse. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { describeWithKernel } from "./describe-with-kernel.ts";
import { expectAgreement } from "./expect-agreement.ts";
import { copyVolume, formatVolume, type VolumeSpec } from "./volume.ts";
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

/** The volume whole, with bits of its data flipped, and with bits of data and tree flipped. */
async function broken(
  kind: string,
  change: Partial<VolumeSpec>,
  random: SeededRandom,
): Promise<NamedVolume[]> {
  const whole = await formatVolume({ ...small, ...change });
  const data = copyVolume(whole);
  const both = copyVolume(whole);
  const { geometry } = whole;
  for (let i = 0; i < 5; i++) flipBit(data.data, random.below(geometry.dataSizeBytes), random);
  for (let i = 0; i < 2; i++) {
    flipBit(both.data, random.below(geometry.dataSizeBytes), random);
    const inTree = random.below(geometry.hashBlocks * geometry.hashBlockSize);
    flipBit(both.hash, geometry.firstHashBlock * geometry.hashBlockSize + inTree, random);
  }
  return [
    { name: kind, volume: whole },
    { name: `${kind}.data-broken`, volume: data },
    ...(geometry.levels.length === 0 ? [] : [{ name: `${kind}.data-and-tree-broken`, volume: both }]),
  ];
}

describeWithKernel("uml", "user-mode-linux", (engine) => {
  test("cannot read the blocks that we refuse, and no others", async () => {
    const random = new SeededRandom(1);
    const volumes: NamedVolume[] = [];
    for (const [kind, change] of kinds) volumes.push(...(await broken(kind, change, random)));
    const results = await expectAgreement(engine, volumes);
    for (const { name, status } of results) expect(status, name).toBe(name.endsWith("-broken") ? "C" : "V");
  }, 300_000);
});
