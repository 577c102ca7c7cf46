/** A device hashed by the web workers of a browser, beside one thread's digests of the same. */
import { MemoryDevice, singleThreadDigests, startWebDigests } from "sealstone";
import { toHex } from "sealstone/bytes";

const dataBlocks = 24 * 256;
const parameters = {
  hashType: 1,
  algorithm: "sha256",
  salt: new Uint8Array(32).fill(7),
  dataBlockSize: 4096,
  hashBlockSize: 4096,
};

/** What workers and one thread find, of memory of one's own and of shared memory, and who did how much. */
export async function webDigests() {
  const pool = startWebDigests(2);
  try {
    const found = [];
    for (const device of [memory(false), memory(true)]) {
      const request = { device, parameters, dataBlocks };
      found.push({
        workers: await allOf(pool, request),
        oneThread: await allOf(singleThreadDigests, request),
      });
    }
    return { found, shares: pool.shares };
  } finally {
    await pool.close();
  }
}

function memory(shared) {
  const sizeBytes = dataBlocks * parameters.dataBlockSize;
  const bytes = new Uint8Array(shared ? new SharedArrayBuffer(sizeBytes) : sizeBytes);
  for (let i = 0; i < sizeBytes; i += 64) bytes[i] = i >> 12;
  return new MemoryDevice(bytes);
}

async function allOf(source, request) {
  let digests = "";
  for await (const batch of source.digests(request)) digests += toHex(batch.digests);
  return digests;
}
