/** Volumes made from seeds, held against the real veritysetup both ways. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../src/bytes/hex.ts";
import { digestSizeBytes, hashAlgorithms } from "../../src/crypto/algorithms.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { hashAreaEndBytes, type TreeGeometry, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { firstHashBlock, type VerityPlacement } from "../../src/verity/placement.ts";
import { randomUuid, uuidText } from "../../src/verity/uuid.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { seedBytes } from "./golden.ts";
import { SeededRandom } from "./seeded-random.ts";
import {
  printedRootHash,
  type VerifyVerdict,
  type VeritysetupResult,
  verdictLikeVeritysetup,
  veritysetup,
  volumeOptions,
} from "./veritysetup.ts";

/** One volume to be made by both. */
export interface VeritysetupCase {
  readonly name: string;
  readonly parameters: VerityParameters;
  readonly placement: VerityPlacement;
  readonly dataBlocks: number;
  readonly sameFile: boolean;
}

const maxDataBytes = 2 ** 21 + 2 ** 12;

/** Any algorithm, type, salt, placement and pair of block sizes; counts at and around full levels. */
export function randomCase(seed: number): VeritysetupCase {
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

/** What came of formatting one volume with both. */
export interface BothWays {
  readonly rootHashes: { readonly ours: string; readonly theirs: string | undefined };
  /** Whether the two hash files are equal to the byte. */
  readonly sameBytes: boolean;
  /** How veritysetup verified our volume. */
  readonly theyVerify: VeritysetupResult;
  /** How we verified it: the same bytes as theirs where `sameBytes`. */
  readonly weVerify: boolean;
}

/** Formats with both, with the same salt and UUID, and verifies with both. */
export async function bothWays(volume: VeritysetupCase, folder: string): Promise<BothWays> {
  const { parameters, placement, dataBlocks, sameFile } = volume;
  const data = seedBytes(dataBlocks * parameters.dataBlockSize);
  const geometry = treeGeometry(parameters, dataBlocks, firstHashBlock(placement, parameters.hashBlockSize));
  const hashSize = Math.max(hashAreaEndBytes(geometry, placement), sameFile ? data.length : 0);
  const before = new Uint8Array(Math.ceil(hashSize / 4096) * 4096);
  if (sameFile) before.set(data);
  const uuid = randomUuid();

  const bytes = before.slice();
  const hash = new MemoryDevice(bytes);
  const devices = { data: sameFile ? hash : new MemoryDevice(data), hash };
  const identity = await formatVerity({ ...devices, parameters, dataBlocks, placement, uuid });
  const ours = toHex(identity.rootHash);
  const report = await verifyVerity({ ...devices, identity, placement });

  const path = join(folder, "hash");
  const dataPath = sameFile ? path : join(folder, "data");
  writeFileSync(dataPath, data);
  writeFileSync(path, before);
  const volumeArgs = volumeOptions(parameters, placement, dataBlocks);
  const uuidArgs = placement.superblock ? ["--uuid", uuidText(uuid)] : [];
  const formatted = await veritysetup(["format", dataPath, path, ...volumeArgs, ...uuidArgs]);
  const sameBytes = Buffer.compare(readFileSync(path), bytes) === 0;
  writeFileSync(path, bytes);
  return {
    rootHashes: { ours, theirs: printedRootHash(formatted.stdout) },
    sameBytes,
    theyVerify: await veritysetup(["verify", dataPath, path, ours, ...volumeArgs]),
    weVerify: report.ok,
  };
}

/** How both judged one broken volume. */
export interface BrokenVerdicts {
  readonly ours: VerifyVerdict;
  readonly theirs: VerifyVerdict;
}

/** Breaks a volume in two files in a few places, several times over, and verifies with both. */
export async function breakAndVerify(volume: VeritysetupCase, folder: string): Promise<BrokenVerdicts[]> {
  const { parameters, placement, dataBlocks } = volume;
  const random = new SeededRandom(dataBlocks * 31 + parameters.hashBlockSize);
  const data = seedBytes(dataBlocks * parameters.dataBlockSize);
  const geometry = treeGeometry(parameters, dataBlocks, firstHashBlock(placement, parameters.hashBlockSize));
  const hash = new Uint8Array(Math.ceil(hashAreaEndBytes(geometry, placement) / 4096) * 4096);
  const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash) };
  const identity = await formatVerity({ ...devices, parameters, dataBlocks, placement });
  const args = volumeOptions(parameters, placement, dataBlocks);
  const files = [join(folder, "data"), join(folder, "hash")] as const;
  const verdicts: BrokenVerdicts[] = [];
  for (let round = 0; round < 4; round++) {
    const broken = { data: data.slice(), hash: hash.slice() };
    for (let flips = random.below(3); flips >= 0; flips--) flipBit(broken, geometry, random);
    writeFileSync(files[0], broken.data);
    writeFileSync(files[1], broken.hash);
    const peer = await veritysetup(["verify", ...files, toHex(identity.rootHash), ...args]);
    const report = await verifyVerity({
      data: new MemoryDevice(broken.data),
      hash: new MemoryDevice(broken.hash),
      identity,
      placement,
    });
    const theirs = { rc: peer.rc, line: peer.stderr.split("\n")[0] ?? "" };
    verdicts.push({ ours: verdictLikeVeritysetup(report), theirs });
  }
  return verdicts;
}

/** Twice as often in the tree as in the data, where there is a tree. */
function flipBit(
  broken: { readonly data: Uint8Array; readonly hash: Uint8Array },
  geometry: TreeGeometry,
  random: SeededRandom,
): void {
  const inTree = geometry.hashBlocks > 0 && random.below(3) !== 0;
  const target = inTree ? broken.hash : broken.data;
  const start = inTree ? geometry.firstHashBlock * geometry.hashBlockSize : 0;
  const end = inTree ? geometry.endBlock * geometry.hashBlockSize : broken.data.length;
  const at = start + random.below(end - start);
  target[at] = (target[at] as number) ^ (1 << random.below(8));
}
