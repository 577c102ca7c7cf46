/**
 * Seeded mutation of superblocks and trees. Each case either is refused with an
 * error of the right class, or gives a report that is only ever good where the
 * mutation changed nothing that counts.
 */
import { expect } from "vitest";
import { digestSizeBytes } from "../../src/crypto/algorithms.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FormatError, IntegrityError } from "../../src/errors.ts";
import { formatVerity } from "../../src/verity/format.ts";
import { checkFits, treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityIdentity, VerityParameters } from "../../src/verity/identity.ts";
import { defaultPlacement, firstHashBlock } from "../../src/verity/placement.ts";
import { readSuperblock, type Superblock } from "../../src/verity/superblock.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { seedBytes } from "./golden.ts";
import { SeededRandom } from "./seeded-random.ts";

interface FuzzBase {
  readonly data: Uint8Array;
  readonly hash: Uint8Array;
  readonly identity: VerityIdentity;
}

async function makeBases(): Promise<FuzzBase[]> {
  const shapes: [number, Partial<VerityParameters>][] = [
    [1, {}],
    [5, {}],
    [40, {}],
    [20, { algorithm: "sha1", hashType: 0 }],
    [9, { algorithm: "sha512", dataBlockSize: 1024 }],
    [3, { algorithm: "sha384", hashBlockSize: 1024, salt: new Uint8Array(256).fill(7) }],
  ];
  return await Promise.all(
    shapes.map(async ([blocks, change]) => {
      const parameters = { dataBlockSize: 512, hashBlockSize: 512, salt: new Uint8Array(3), ...change };
      const data = seedBytes(blocks * parameters.dataBlockSize);
      const hash = new Uint8Array(4096);
      const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(hash) };
      const identity = await formatVerity({ ...devices, parameters });
      const end = treeGeometry(identity, blocks, 1).endBlock * identity.hashBlockSize;
      return { data, hash: hash.slice(0, end), identity };
    }),
  );
}

/** Offsets of the superblock's fields: mutations that hit them find more than random ones. */
const fields = [0, 8, 12, 16, 32, 64, 68, 72, 73, 79, 80, 82, 88, 344];
const values = [0, 1, 2, 7, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xff];

function mutate(base: FuzzBase, random: SeededRandom): Uint8Array {
  const bytes = base.hash.slice();
  const inSuperblock = random.below(4) !== 0;
  for (let changes = random.below(3); changes >= 0; changes--) {
    const at = inSuperblock ? random.pick(fields) + random.below(4) : random.below(bytes.length);
    bytes[at] = random.below(2) === 0 ? random.pick(values) : random.below(256);
  }
  return random.below(50) === 0 ? bytes.slice(0, random.below(bytes.length)) : bytes;
}

/**
 * True where the hash area still says what it said. The UUID, the name's case and
 * what lies between superblock and tree count for nothing, as in veritysetup.
 */
function saysTheSame(base: FuzzBase, bytes: Uint8Array): boolean {
  const plain = (from: Uint8Array) => {
    const copy = Uint8Array.from(from);
    copy.fill(0, 16, 32);
    copy.fill(0, 512, base.identity.hashBlockSize);
    for (let i = 32; i < 64; i++) {
      const byte = copy[i] as number;
      if (byte >= 0x41 && byte <= 0x5a) copy[i] = byte | 0x20;
    }
    return copy;
  };
  return Buffer.compare(plain(base.hash), plain(bytes)) === 0;
}

/** The superblock's word, taken as `veritysetup verify` takes it. */
function claimed(base: FuzzBase, superblock: Superblock): VerityIdentity {
  const rootHash = new Uint8Array(digestSizeBytes(superblock.algorithm));
  rootHash.set(base.identity.rootHash.subarray(0, rootHash.length));
  const dataBlocks = superblock.dataBlocks || Math.floor(base.data.length / superblock.dataBlockSize);
  return { ...superblock, dataBlocks, rootHash };
}

/** One case: unpinned up to the geometry, and where `deep`, verified as claimed and as pinned. */
async function runCase(base: FuzzBase, bytes: Uint8Array, deep: boolean): Promise<"refused" | "read"> {
  const devices = { data: new MemoryDevice(base.data), hash: new MemoryDevice(bytes) };
  let superblock: Superblock;
  try {
    superblock = await readSuperblock(devices.hash, 0);
    const { dataBlocks, hashBlockSize } = superblock;
    const geometry = treeGeometry(superblock, dataBlocks, firstHashBlock(defaultPlacement, hashBlockSize));
    checkFits(geometry, defaultPlacement, devices.data, devices.hash);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return "refused";
  }
  if (deep) {
    const report = await verifyVerity({ ...devices, identity: claimed(base, superblock), superblock });
    // A single block has no tree: nothing holds the superblock to its hash block size.
    if (report.ok && base.identity.dataBlocks > 1) expect(saysTheSame(base, bytes)).toBe(true);
    try {
      const pinned = await verifyVerity({ ...devices, identity: base.identity });
      expect(pinned.ok).toBe(saysTheSame(base, bytes));
    } catch (error) {
      expect(error).toBeInstanceOf(IntegrityError);
    }
  }
  return "read";
}

/**
 * Runs `cases` cases; every `deepEvery`th that gets so far is verified whole.
 *
 * @returns how many were refused before the tree, and how many were read.
 */
export async function fuzzVolumes(
  seed: number,
  cases: number,
  deepEvery: number,
): Promise<{ refused: number; read: number }> {
  const random = new SeededRandom(seed);
  const bases = await makeBases();
  const outcomes = { refused: 0, read: 0 };
  for (let i = 0; i < cases; i++) {
    const base = random.pick(bases);
    outcomes[await runCase(base, mutate(base, random), i % deepEvery === 0)]++;
  }
  return outcomes;
}
