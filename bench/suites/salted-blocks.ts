/** SHA-256 of salted 4 KiB blocks: the work that dm-verity is made of. */
import { createHash, randomBytes } from "node:crypto";
import { digest as asSha256 } from "@chainsafe/as-sha256";
import { sha256 } from "@noble/hashes/sha2.js";
import { createSHA256 } from "hash-wasm";
import { createBlockHasher } from "sealstone/crypto";
import type { Prepared, Suite } from "./suite.ts";

const blockSize = 4096;
const blocks = 256;
const batch = "sealstone, 256 blocks a call";
const single = "sealstone, one block a call";

export const saltedBlocks: Suite = {
  name: "salted-blocks",
  title: "SHA-256 of salted 4 KiB blocks",
  about:
    "H(salt ‖ block), salt 32 bytes, 256 blocks of 4096 bytes that lie in memory already. " +
    "`node:crypto` is OpenSSL, which uses the processor's SHA instructions where it has them; " +
    "WebAssembly has none, and hashes four blocks at a time in SIMD lanes instead.",
  pace: { rounds: 15, timeMs: 60 },
  prepare,
};

async function prepare(): Promise<Prepared> {
  const salt = randomBytes(32);
  const bytes = blockSize * blocks;
  const hasher = await createBlockHasher({
    algorithm: "sha256",
    salt,
    saltPosition: "first",
    capacityBytes: bytes,
  });
  hasher.input.set(randomBytes(bytes));
  const data = Uint8Array.from(hasher.input);
  const blockAt = (i: number): Uint8Array => data.subarray(i * blockSize, (i + 1) * blockSize);
  const eachBlock = (hash: (block: Uint8Array) => unknown) => (): void => {
    for (let i = 0; i < blocks; i++) hash(blockAt(i));
  };
  const hashWasm = await createSHA256();
  const salted = new Uint8Array(salt.length + blockSize);
  salted.set(salt);
  const nobleSalted = sha256.create().update(salt);
  const peer = (name: string, hash: (block: Uint8Array) => unknown) => ({
    name,
    bytes,
    run: eachBlock(hash),
  });
  return {
    contenders: [
      { name: batch, bytes, run: () => hasher.digest(0, blockSize, blocks) },
      {
        name: single,
        bytes,
        run: () => {
          for (let i = 0; i < blocks; i++) hasher.digest(i * blockSize, blockSize, 1);
        },
      },
      peer("node:crypto createHash", (block) => createHash("sha256").update(salt).update(block).digest()),
      peer("hash-wasm", (block) => hashWasm.init().update(salt).update(block).digest("binary")),
      peer("@noble/hashes", (block) => nobleSalted.clone().update(block).digest()),
      peer("@chainsafe/as-sha256", (block) => {
        salted.set(block, salt.length);
        return asSha256(salted);
      }),
    ],
    ratios: [
      { of: batch, to: "node:crypto createHash", atLeast: 0.68 },
      { of: batch, to: "hash-wasm", atLeast: 2.8 },
      { of: batch, to: "@noble/hashes", atLeast: 6 },
      { of: batch, to: "@chainsafe/as-sha256", atLeast: 6 },
      { of: single, to: "hash-wasm" },
    ],
    close: async () => hasher.close(),
  };
}
