import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { encodeFec, type FecProgress } from "../../src/verity/fec-encode.ts";
import { paritySizeBytes } from "../../src/verity/fec-layout.ts";
import { treeGeometry } from "../../src/verity/geometry.ts";
import type { VerityParameters } from "../../src/verity/identity.ts";
import { firstHashBlock } from "../../src/verity/placement.ts";
import { slowRemainder } from "../crypto/reed-solomon-reference.ts";
import { VeritysetupFolder } from "./fec-veritysetup.ts";
import {
  goldenData,
  goldenFile,
  goldenIdentity,
  goldenPlacement,
  goldenVolume,
  seedBytes,
} from "./golden.ts";
import { skipVeritysetup, volumeOptions } from "./veritysetup.ts";

const parameters: VerityParameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new Uint8Array(32),
  dataBlockSize: 512,
  hashBlockSize: 512,
};

/** A device whose bytes are read through a class of the test's own: never straight into WASM memory. */
function foreign(device: MemoryDevice): BlockDevice {
  return {
    name: "foreign",
    sizeBytes: device.sizeBytes,
    read: async (offsetBytes, into) => {
      await new Promise((resolve) => setImmediate(resolve));
      await device.read(offsetBytes, into);
    },
    close: () => device.close(),
    [Symbol.asyncDispose]: () => device.close(),
  };
}

async function contents(device: MemoryDevice): Promise<Uint8Array> {
  const bytes = new Uint8Array(device.sizeBytes);
  await device.read(0, bytes);
  return bytes;
}

describe.each([
  ["sha256-fec2-n300", 2],
  ["sha256-fec24-n300", 24],
  ["sha256-fec2-n1", 2],
])("%s", (name, roots) => {
  const volume = goldenVolume(name);
  const options = {
    parameters: goldenIdentity(volume),
    dataBlocks: volume.data_blocks,
    placement: goldenPlacement(volume),
  };

  test.each(["own", "foreign"])("the parity is veritysetup's, from %s devices", async (kind) => {
    const expected = goldenFile(volume.fec_file as string);
    const device = new MemoryDevice(expected.length);
    const [data, hash] = [goldenData(volume), goldenFile(volume.hash_file)].map((bytes) => {
      const memory = new MemoryDevice(bytes);
      return kind === "own" ? memory : foreign(memory);
    }) as [BlockDevice, BlockDevice];
    await encodeFec({ ...options, data, hash, fec: { roots, device, offsetBytes: 0 } });
    expect(Buffer.from(await contents(device))).toEqual(Buffer.from(expected));
  });
});

test("data, tree and parity in one file: veritysetup's, byte for byte", async () => {
  const volume = goldenVolume("sha256-fec2-allinone-n300");
  const bytes = new Uint8Array(volume.hash_file_size);
  bytes.set(goldenData(volume));
  bytes.set(goldenFile("sha256-fec2-n300.hash"), volume.hash_offset);
  const device = new MemoryDevice(bytes);
  const progress: FecProgress[] = [];
  await encodeFec({
    data: device,
    hash: device,
    parameters: goldenIdentity(volume),
    dataBlocks: volume.data_blocks,
    placement: goldenPlacement(volume),
    fec: { roots: 2, device, offsetBytes: 1_261_568 },
    onProgress: (step) => progress.push(step),
  });
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(volume.hash_file_sha256);
  expect(progress.at(-1)).toEqual({ doneBlocks: 307, totalBlocks: 307 });
});

/** What `veritysetup format` is asked to do. */
interface GeneratedVolume {
  readonly roots: number;
  readonly blockSize: number;
  readonly dataBlocks: number;
  /** Bytes behind the tree before it is formatted. */
  readonly foreignBytes: number;
  readonly layout: "separate" | "behind the tree" | "in one file";
}

const volumes: fc.Arbitrary<GeneratedVolume> = fc.record({
  roots: fc.constantFrom(2, 3, 8, 13, 24),
  blockSize: fc.constantFrom(512, 1024, 4096),
  dataBlocks: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 1500 })),
  foreignBytes: fc.constantFrom(0, 0, 700, 20_000),
  layout: fc.constantFrom("separate", "behind the tree", "in one file"),
});

/** Has veritysetup format such a volume; returns its files and encodes the parity anew beside them. */
async function formatted(volume: GeneratedVolume): Promise<{ expected: Uint8Array; encoded: Uint8Array }> {
  const { roots, blockSize, dataBlocks, foreignBytes, layout } = volume;
  using folder = new VeritysetupFolder();
  const bytes = seedBytes(dataBlocks * blockSize);
  const oneFile = layout === "in one file";
  const placement = { hashOffsetBytes: oneFile ? bytes.length : 0, superblock: true };
  const sized = { ...parameters, dataBlockSize: blockSize, hashBlockSize: blockSize };
  const geometry = treeGeometry(sized, dataBlocks, firstHashBlock(placement, blockSize));
  const treeEnd = Math.max(geometry.endBlock * blockSize, placement.hashOffsetBytes + 512);
  const offsetBytes = layout === "separate" ? 0 : Math.ceil((treeEnd + foreignBytes) / 512) * 512;
  // Bytes that stand behind the tree before it is formatted are foreign, and covered.
  const before = new Uint8Array(Math.max(treeEnd + foreignBytes, offsetBytes)).fill(0x5a);
  const names = { data: oneFile ? "hash" : "data", fec: layout === "separate" ? "fec" : "hash" };
  if (oneFile) before.set(bytes);
  else folder.write("data", bytes);
  folder.write("hash", before);
  const run = await folder.run(
    ...["format", `@${names.data}`, "@hash", ...volumeOptions(sized, placement, dataBlocks)],
    ...[`--fec-device=@${names.fec}`, `--fec-offset=${offsetBytes}`, `--fec-roots=${roots}`],
  );
  expect(run.rc, run.stderr).toBe(0);
  const expected = folder.read(names.fec);
  const coveredBytes = names.fec === "hash" ? offsetBytes : folder.read("hash").length;
  expect(offsetBytes + paritySizeBytes(roots, geometry, coveredBytes)).toBe(expected.length);
  const encoded = expected.slice().fill(0xee, offsetBytes);
  const device = new MemoryDevice(encoded);
  const hash = names.fec === "hash" ? device : new MemoryDevice(folder.read("hash"));
  const data = oneFile ? hash : new MemoryDevice(bytes);
  const fec = { roots, device, offsetBytes };
  await encodeFec({ data, hash, parameters: sized, dataBlocks, placement, fec });
  return { expected, encoded };
}

test.skipIf(skipVeritysetup)("veritysetup's parity, whatever the layout (needs veritysetup)", async () => {
  await fc.assert(
    fc.asyncProperty(volumes, async (volume) => {
      const { expected, encoded } = await formatted(volume);
      expect(Buffer.compare(encoded, expected)).toBe(0);
    }),
    { numRuns: 25 },
  );
});

describe("large messages", () => {
  // With 24 roots a group has 64 rounds: 6 MiB of parity.
  test("several groups give the parity of one", async () => {
    const roots = 24;
    const sized = { ...parameters, dataBlockSize: 4096, hashBlockSize: 4096 };
    const dataBlocks = 231 * 70;
    const data = new MemoryDevice(dataBlocks * 4096);
    const bytes = new Uint8Array(4096);
    for (let block = 0; block < dataBlocks; block += 3) {
      bytes.fill(block % 251);
      await data.write(block * 4096 + (block % 7), bytes.subarray(0, 4000));
    }
    const hash = new MemoryDevice(4096 * 200);
    const device = new MemoryDevice(roots * 71 * 4096);
    await encodeFec({
      ...{ data, hash, parameters: sized, dataBlocks },
      fec: { roots, device, offsetBytes: 0 },
    });
    const parity = await contents(device);
    const image = await contents(data);
    for (const column of [0, 1, 4095, 63 * 4096, 64 * 4096 - 1, 64 * 4096, 70 * 4096 + 17]) {
      const word = new Uint8Array(255);
      for (let row = 0; row < 231; row++) word[row] = image[row * 71 * 4096 + column] ?? 0;
      const expected = slowRemainder(word, roots);
      expect([...parity.subarray(column * roots, (column + 1) * roots)]).toEqual([...expected]);
    }
  });

  test("an abort ends it with its reason, and a failed read with its error", async () => {
    const options = { parameters, dataBlocks: 4000, hash: new MemoryDevice(512 * 300) };
    const device = new MemoryDevice(2 * 18 * 512);
    const reason = new Error("enough");
    const aborting = encodeFec({
      ...options,
      data: new MemoryDevice(4000 * 512),
      fec: { roots: 2, device, offsetBytes: 0 },
      signal: AbortSignal.abort(reason),
    });
    await expect(aborting).rejects.toBe(reason);
    const broken = foreign(new MemoryDevice(4000 * 512));
    broken.read = async () => {
      throw reason;
    };
    const failing = encodeFec({ ...options, data: broken, fec: { roots: 2, device, offsetBytes: 0 } });
    await expect(failing).rejects.toBe(reason);
  });
});
