/** The real veritysetup, both ways, on parameters made from seeds. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toHex } from "../../src/bytes/hex.ts";
import { digestSizeBytes, hashAlgorithms } from "../../src/crypto/algorithms.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { hashAreaEndBytes, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import { firstHashBlock, type VerityPlacement } from "../../src/verity/placement.ts";
import { randomUuid, uuidText } from "../../src/verity/uuid.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { seedBytes } from "./golden.ts";
import { SeededRandom } from "./seeded-random.ts";
import { printedRootHash, skipVeritysetup, veritysetup, volumeOptions } from "./veritysetup.ts";

interface Case {
  readonly name: string;
  readonly parameters: VerityParameters;
  readonly placement: VerityPlacement;
  readonly dataBlocks: number;
  readonly sameFile: boolean;
}

const maxDataBytes = 2 ** 21 + 2 ** 12;

function randomCase(seed: number): Case {
  const random = new SeededRandom(seed);
  const size = () => 2 ** random.pick([9, 9, 9, 10, 11, 12, 12, 13, 16, 19]);
  const parameters: VerityParameters = {
    hashType: random.pick([0, 1]),
    algorithm: random.pick(hashAlgorithms),
    salt: random.bytes(random.pick([0, 1, 20, 32, 63, 64, 65, 255, 256])),
    dataBlockSize: size(),
    hashBlockSize: size(),
  };
  const { dataBlockSize, hashBlockSize, algorithm, hashType } = parameters;
  const perBlock = 2 ** Math.floor(Math.log2(hashBlockSize / digestSizeBytes(algorithm)));
  const boundary = perBlock ** random.pick([1, 2, 3]) + random.pick([-1, 0, 1]);
  const limit = Math.floor(maxDataBytes / dataBlockSize);
  const dataBlocks = Math.min(limit, random.pick([1, 2, boundary, boundary, 1 + random.below(limit)]));
  const sameFile = random.below(4) === 0;
  const superblock = random.below(4) !== 0;
  const areaStart = sameFile ? Math.ceil((dataBlocks * dataBlockSize) / hashBlockSize) * hashBlockSize : 0;
  const placement = { superblock, hashOffsetBytes: areaStart + 512 * random.pick([0, 0, 1, 7, 8, 200]) };
  const where = `${superblock ? "superblock" : "no superblock"} at ${placement.hashOffsetBytes}`;
  const name =
    `seed ${seed}: ${algorithm} type ${hashType}, ${dataBlocks} × ${dataBlockSize} in ${hashBlockSize}, ` +
    `salt ${parameters.salt.length}, ${where}${sameFile ? ", one file" : ""}`;
  return { name, parameters, placement, dataBlocks, sameFile };
}

const boundaries: Case[] = [7, 8, 9, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097].map((dataBlocks) => ({
  name: `${dataBlocks} blocks where a hash block holds 8 digests`,
  parameters: {
    hashType: 1,
    algorithm: "sha512",
    salt: new Uint8Array(0),
    dataBlockSize: 512,
    hashBlockSize: 512,
  },
  placement: { hashOffsetBytes: 0, superblock: true },
  dataBlocks,
  sameFile: false,
}));

const cases = [...boundaries, ...Array.from({ length: 24 }, (_, seed) => randomCase(seed))];

describe.skipIf(skipVeritysetup)("veritysetup both ways (skipped where it is missing)", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sealstone-veritysetup-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(cases)("$name", async (volume) => {
    const { parameters, placement, dataBlocks, sameFile } = volume;
    const data = seedBytes(dataBlocks * parameters.dataBlockSize);
    const geometry = treeGeometry(
      parameters,
      dataBlocks,
      firstHashBlock(placement, parameters.hashBlockSize),
    );
    const hashSize = Math.max(hashAreaEndBytes(geometry, placement), sameFile ? data.length : 0);
    const before = new Uint8Array(Math.ceil(hashSize / 4096) * 4096);
    if (sameFile) before.set(data);
    const uuid = randomUuid();

    const ours = before.slice();
    const hash = new MemoryDevice(ours);
    const dataDevice = sameFile ? hash : new MemoryDevice(data);
    const options = { data: dataDevice, hash, parameters, dataBlocks, placement };
    const identity = await formatVerity({ ...options, uuid });

    const path = join(folder, "hash");
    const dataPath = sameFile ? path : join(folder, "data");
    writeFileSync(dataPath, data);
    writeFileSync(path, before);
    const volumeArgs = volumeOptions(parameters, placement, dataBlocks);
    const uuidArgs = placement.superblock ? ["--uuid", uuidText(uuid)] : [];
    const formatted = await veritysetup(["format", dataPath, path, ...volumeArgs, ...uuidArgs]);
    expect(formatted).toMatchObject({ rc: 0 });
    expect(printedRootHash(formatted.stdout)).toBe(toHex(identity.rootHash));
    expect(Buffer.compare(readFileSync(path), ours)).toBe(0);

    writeFileSync(path, ours);
    const rootHash = toHex(identity.rootHash);
    const verified = await veritysetup(["verify", dataPath, path, rootHash, ...volumeArgs]);
    expect(verified).toEqual({ rc: 0, stdout: "", stderr: "" });
    expect((await verifyVerity({ ...options, identity })).ok).toBe(true);
  });

  test.each(cases.filter(({ sameFile }) => !sameFile))("broken: $name", async (volume) => {
    const { parameters, placement, dataBlocks } = volume;
    const random = new SeededRandom(dataBlocks * 31 + parameters.hashBlockSize);
    const data = seedBytes(dataBlocks * parameters.dataBlockSize);
    const geometry = treeGeometry(
      parameters,
      dataBlocks,
      firstHashBlock(placement, parameters.hashBlockSize),
    );
    const hash = new Uint8Array(Math.ceil(hashAreaEndBytes(geometry, placement) / 4096) * 4096);
    const options = { parameters, dataBlocks, placement };
    const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash) };
    const identity: VerityIdentity = await formatVerity({ ...devices, ...options });
    for (let round = 0; round < 4; round++) {
      const broken = { data: data.slice(), hash: hash.slice() };
      for (let flips = random.below(3); flips >= 0; flips--) {
        const inTree = geometry.hashBlocks > 0 && random.below(3) !== 0;
        const target = inTree ? broken.hash : broken.data;
        const start = inTree ? geometry.firstHashBlock * parameters.hashBlockSize : 0;
        const end = inTree ? geometry.endBlock * parameters.hashBlockSize : data.length;
        const at = start + random.below(end - start);
        target[at] = (target[at] as number) ^ (1 << random.below(8));
      }
      writeFileSync(join(folder, "data"), broken.data);
      writeFileSync(join(folder, "hash"), broken.hash);
      const files = [join(folder, "data"), join(folder, "hash")];
      const args = volumeOptions(parameters, placement, dataBlocks);
      const peer = await veritysetup(["verify", ...files, toHex(identity.rootHash), ...args]);
      const report = await verifyVerity({
        data: new MemoryDevice(broken.data),
        hash: new MemoryDevice(broken.hash),
        identity,
        placement,
      });
      const mismatch = report.firstMismatch;
      const what = mismatch?.kind === "spare" ? "Spare area is not zeroed" : "Verification failed";
      const line = mismatch
        ? `${what} at position ${mismatch.offsetBytes}.`
        : "Verification of root hash failed.";
      expect(peer.stderr.split("\n")[0]).toBe(line);
      expect(peer.rc).toBe(mismatch ? 2 : 1);
      expect(report.ok).toBe(false);
    }
  });
});
