/** What a newcomer would do first with the package, in whatever runtime this is. */
import { createBlockHasher, formatVerity, hashAlgorithms, MemoryDevice, VerityDevice } from "sealstone";
import { fromHex, toHex } from "sealstone/bytes";
import { IntegrityError } from "sealstone/errors";
import { tryLayer } from "./layer.js";

const dataBlocks = 129;
const dataBlockSize = 4096;

/** All that a run shows, to be held against what other tools say of the same. */
export async function smoke() {
  const data = await seededData();
  const salt = fromHex("70de1560bdee7f0efa8a2524921eaff4282a819ba38d1bcccbf78a3d22b8ad5c");
  const devices = { data: new MemoryDevice(data), hash: new MemoryDevice(4 * 4096) };
  const identity = await formatVerity({ ...devices, parameters: { salt } });
  const device = await VerityDevice.open({ ...devices, identity });
  const read = new Uint8Array(3 * dataBlockSize);
  await device.read(dataBlockSize / 2, read);
  await device.close();
  return {
    digests: await digestsOfZeros(),
    rootHash: toHex(identity.rootHash),
    readIsTrue: toHex(read) === toHex(data.subarray(dataBlockSize / 2, dataBlockSize / 2 + read.length)),
    refused: await readBroken(data, devices.hash, identity),
    layer: await tryLayer(),
  };
}

/** Every algorithm's digest of a block of zeros, with a salt. */
async function digestsOfZeros() {
  const digests = {};
  for (const algorithm of hashAlgorithms) {
    const salt = fromHex("00ff");
    const hasher = await createBlockHasher({ algorithm, salt, saltPosition: "first", capacityBytes: 4096 });
    digests[algorithm] = toHex(hasher.digest(0, 4096, 1));
    hasher.close();
  }
  return digests;
}

/** The golden volumes' data: SHA-256 of their seed and a counter, as digests of blocks of eight bytes. */
async function seededData() {
  const count = (dataBlocks * dataBlockSize) / 32;
  const salt = new TextEncoder().encode("goldenverity-data");
  const capacityBytes = count * 8;
  const hasher = await createBlockHasher({ algorithm: "sha256", salt, saltPosition: "first", capacityBytes });
  const counters = new DataView(hasher.input.buffer, hasher.input.byteOffset, capacityBytes);
  for (let i = 0; i < count; i++) counters.setBigUint64(i * 8, BigInt(i), true);
  const data = hasher.digest(0, 8, count).slice();
  hasher.close();
  return data;
}

/** The error of a read of data in which one bit was flipped. */
async function readBroken(data, hash, identity) {
  const broken = data.slice();
  broken[100 * dataBlockSize + 17] ^= 4;
  const device = await VerityDevice.open({ data: new MemoryDevice(broken), hash, identity });
  try {
    await device.read(0, new Uint8Array(device.sizeBytes));
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error;
    return { code: error.code, block: error.at.block };
  } finally {
    await device.close();
  }
  return {};
}
