/** veritysetup's own volumes, verified and read in a browser. */
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/compare.ts";
import { fromHex } from "../../src/bytes/hex.ts";
import { createBlockHasher } from "../../src/crypto/create-block-hasher.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import type { VerityIdentity } from "../../src/verity/identity.ts";
import { parseSuperblock } from "../../src/verity/superblock.ts";
import { verifyVerity } from "../../src/verity/verify.ts";

interface GoldenVolume {
  readonly root_hash: string;
  readonly data_size: number;
}

/** The file as the test's own server hands it out. */
async function fetchGolden(name: string): Promise<Response> {
  const response = await fetch(`/test/golden/verity/${name}`);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}

/** SHA-256 of the seed and a counter, as digests of blocks of eight bytes. */
async function seededData(sizeBytes: number): Promise<Uint8Array> {
  const count = sizeBytes / 32;
  const salt = new TextEncoder().encode("goldenverity-data");
  const capacityBytes = count * 8;
  const hasher = await createBlockHasher({ algorithm: "sha256", salt, saltPosition: "first", capacityBytes });
  const counters = new DataView(hasher.input.buffer, hasher.input.byteOffset, capacityBytes);
  for (let i = 0; i < count; i++) counters.setBigUint64(i * 8, BigInt(i), true);
  const data = hasher.digest(0, 8, count).slice();
  hasher.close();
  return data;
}

/** One volume of each algorithm, both hash types, and blocks that differ in size. */
const names = [
  "sha256-n1",
  "sha256-n129",
  "sha256-d512-h1024-n1000",
  "sha1-v0-n300",
  "sha1-v1-n300",
  "sha384-n130",
  "sha512-n200",
  "sha3-256-n130",
  "blake2b-512-n130",
  "ripemd160-n130",
];

test.each(names)("%s", async (name) => {
  const manifest = (await (await fetchGolden("manifest.json")).json()) as (GoldenVolume & { name: string })[];
  const golden = manifest.find((volume) => volume.name === name);
  if (golden === undefined) throw new Error(`no golden volume ${name}`);
  const hashBytes = new Uint8Array(await (await fetchGolden(`${name}.hash`)).arrayBuffer());
  const { uuid: _, ...superblock } = parseSuperblock(hashBytes.subarray(0, 512));
  const identity: VerityIdentity = { ...superblock, rootHash: fromHex(golden.root_hash) };
  const bytes = await seededData(golden.data_size);
  const devices = { data: new MemoryDevice(bytes), hash: new MemoryDevice(hashBytes), identity };

  expect(await verifyVerity(devices)).toMatchObject({ ok: true, rootHashMatches: true });

  const device = await VerityDevice.open(devices);
  const read = new Uint8Array(device.sizeBytes);
  await device.read(0, read);
  expect(equalBytes(read, bytes)).toBe(true);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  await expect(device.read(0, read)).rejects.toMatchObject({ code: "block-mismatch" });
  await device.close();
});
