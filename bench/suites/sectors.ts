/** Sealing and opening sectors of 4 KiB: what a sealed device is made of, beside other people's code. */
import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import chainsafe from "@chainsafe/as-chacha20poly1305";
import { gcm } from "@noble/ciphers/aes.js";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import sodium from "libsodium-wrappers";
import { createSectorCipher, type SealingSuite, type SectorCipher, sectorWords } from "sealstone/crypto";
import type { Contender } from "../measure/interleave.ts";
import type { Prepared, Suite, WatchedRatio } from "./suite.ts";

const size = 4096;
const sectors = 256;
const bytes = size * sectors;
const aad = randomBytes(16);
const pace = { rounds: 15, timeMs: 40 };
const about =
  "256 sectors of 4096 bytes that lie in memory already, each with a nonce and 16 bytes of aad, in one call of " +
  "sealstone's and one by one elsewhere.";

export const sectorsChaCha: Suite = {
  name: "sectors-chacha20-poly1305",
  title: "Sectors under ChaCha20-Poly1305",
  about,
  pace,
  prepare: prepareChaCha,
};

export const sectorsGcm: Suite = {
  name: "sectors-aes-256-gcm",
  title: "Sectors under AES-256-GCM",
  about: `${about} OpenSSL uses the processor's AES instructions where it has them; noble looks secrets up in tables.`,
  pace,
  prepare: prepareGcm,
};

export const sectorsXts: Suite = {
  name: "sectors-aes-256-xts",
  title: "Sectors under AES-256-XTS, without a tag",
  about: `${about} A kernel of the WASM core alone, which no suite of sealstone is.`,
  pace,
  prepare: prepareXts,
};

export const sectorsXtsHmac: Suite = {
  name: "sectors-aes-256-xts-hmac-sha256",
  title: "Sectors under AES-256-XTS and HMAC-SHA-256",
  about,
  pace,
  prepare: prepareXtsHmac,
};

const sealing = "sealstone, seal";
const opening = "sealstone, open";
const nodeSealing = "node:crypto, seal";
const nodeOpening = "node:crypto, open";

type Aead = "chacha20-poly1305" | "aes-256-gcm";

/** A cipher with content, sealed once, so that it opens. */
async function filled(suite: SealingSuite): Promise<SectorCipher> {
  const cipher = await createSectorCipher({
    suite,
    sectorSizeBytes: size,
    capacitySectors: sectors,
    aadSizeBytes: aad.length,
  });
  for (let slot = 0; slot < sectors; slot++) {
    cipher.descriptors[slot * sectorWords.perSlot + sectorWords.nonce + 1] = slot;
  }
  cipher.seal(0, sectors);
  return cipher;
}

function ours(cipher: SectorCipher): Contender[] {
  return [
    { name: sealing, bytes, run: () => cipher.seal(0, sectors) },
    {
      name: opening,
      bytes,
      run: () => {
        if (cipher.open(0, sectors) > 0) throw new Error("a sector did not open");
      },
    },
  ];
}

/** A contender that is called for one sector at a time. */
function peer(
  name: string,
  work: (sector: Uint8Array) => unknown,
  data: Uint8Array = randomBytes(bytes),
): Contender {
  const run = (): void => {
    for (let at = 0; at < bytes; at += size) work(data.subarray(at, at + size));
  };
  return { name, bytes, run };
}

function sealByNode(
  name: Aead,
  key: Uint8Array,
  nonce: Uint8Array,
  sector: Uint8Array,
): [Uint8Array, Uint8Array] {
  const cipher = createCipheriv(name as "aes-256-gcm", key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: size });
  const sealed = cipher.update(sector);
  cipher.final();
  return [sealed, cipher.getAuthTag()];
}

function byNode(name: Aead): Contender[] {
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const [sealed, tag] = sealByNode(name, key, nonce, randomBytes(size));
  return [
    peer(nodeSealing, (sector) => sealByNode(name, key, nonce, sector)),
    peer(nodeOpening, () => {
      const decipher = createDecipheriv(name as "aes-256-gcm", key, nonce, { authTagLength: 16 });
      decipher.setAAD(aad, { plaintextLength: size });
      decipher.setAuthTag(tag);
      const opened = decipher.update(sealed);
      decipher.final();
      return opened;
    }),
  ];
}

const watch = (peerName: string, atLeast: number, openAtLeast = atLeast): WatchedRatio[] => [
  { of: sealing, to: `${peerName}, seal`, atLeast },
  { of: opening, to: `${peerName}, open`, atLeast: openAtLeast },
];

async function prepareChaCha(): Promise<Prepared> {
  await sodium.ready;
  const cipher = await filled("chacha20-poly1305");
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const assembly = new chainsafe.ChaCha20Poly1305(chainsafe.newInstance());
  const sealed = chacha20poly1305(key, nonce, aad).encrypt(randomBytes(size));
  return {
    contenders: [
      ...ours(cipher),
      ...byNode("chacha20-poly1305"),
      peer("libsodium.js, seal", (sector) =>
        sodium.crypto_aead_chacha20poly1305_ietf_encrypt(sector, aad, null, nonce, key),
      ),
      peer("libsodium.js, open", () =>
        sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, aad, nonce, key),
      ),
      peer("@chainsafe/as-chacha20poly1305, seal", (sector) => assembly.seal(key, nonce, sector, aad)),
      peer("@chainsafe/as-chacha20poly1305, open", () => assembly.open(key, nonce, sealed, aad)),
      peer("@noble/ciphers, seal", (sector) => chacha20poly1305(key, nonce, aad).encrypt(sector)),
      peer("@noble/ciphers, open", () => chacha20poly1305(key, nonce, aad).decrypt(sealed)),
    ],
    ratios: [
      ...watch("node:crypto", 1.5),
      ...watch("libsodium.js", 3.4),
      ...watch("@chainsafe/as-chacha20poly1305", 10),
      ...watch("@noble/ciphers", 10),
    ],
    close: async () => cipher.close(),
  };
}

async function prepareGcm(): Promise<Prepared> {
  const cipher = await filled("aes-256-gcm");
  const key = randomBytes(32);
  const nonce = randomBytes(12);
  const sealed = gcm(key, nonce, aad).encrypt(randomBytes(size));
  return {
    contenders: [
      ...ours(cipher),
      ...byNode("aes-256-gcm"),
      peer("@noble/ciphers, seal", (sector) => gcm(key, nonce, aad).encrypt(sector)),
      peer("@noble/ciphers, open", () => gcm(key, nonce, aad).decrypt(sealed)),
    ],
    ratios: [...watch("node:crypto", 0.33), ...watch("@noble/ciphers", 9)],
    close: async () => cipher.close(),
  };
}

/** The exports of the core that are measured here; nobody else can call them. */
interface XtsKernel {
  memoryBase(): number;
  aesKeyAddress(): number;
  setXtsKeys(): void;
  encryptXts(...batch: number[]): void;
  decryptXts(...batch: number[]): void;
}

async function prepareXts(): Promise<Prepared> {
  const file = createRequire(import.meta.url).resolve("sealstone/core-simd.wasm");
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64 });
  const { instance } = await WebAssembly.instantiate(readFileSync(file), { env: { memory } });
  const kernel = instance.exports as unknown as XtsKernel;
  const descriptors = Math.ceil(kernel.memoryBase() / size) * size;
  const from = descriptors + 64 * sectors;
  const to = from + bytes;
  const key = randomBytes(64);
  const tweak = randomBytes(16);
  new Uint8Array(memory.buffer).set(key, kernel.aesKeyAddress());
  kernel.setXtsKeys();
  const batch = [descriptors, sectors, from, size, to, size, size];
  return {
    contenders: [
      { name: sealing, bytes, run: () => kernel.encryptXts(...batch) },
      { name: opening, bytes, run: () => kernel.decryptXts(...batch) },
      peer(nodeSealing, (sector) => createCipheriv("aes-256-xts", key, tweak).update(sector)),
      peer(nodeOpening, (sector) => createDecipheriv("aes-256-xts", key, tweak).update(sector)),
    ],
    ratios: watch("node:crypto", 0.36, 0.31),
    close: async () => undefined,
  };
}

async function prepareXtsHmac(): Promise<Prepared> {
  const cipher = await filled("aes-256-xts-hmac-sha256");
  const key = randomBytes(64);
  const macKey = randomBytes(32);
  const tweak = randomBytes(16);
  const mac = (sealed: Uint8Array): Uint8Array =>
    createHmac("sha256", macKey).update(aad).update(tweak).update(sealed).digest();
  const sealed = randomBytes(size);
  const tag = mac(sealed);
  return {
    contenders: [
      ...ours(cipher),
      peer(nodeSealing, (sector) => mac(createCipheriv("aes-256-xts", key, tweak).update(sector))),
      peer(nodeOpening, () => {
        if (!timingSafeEqual(mac(sealed), tag)) throw new Error("a sector did not open");
        return createDecipheriv("aes-256-xts", key, tweak).update(sealed);
      }),
    ],
    ratios: watch("node:crypto", 0.5),
    close: async () => cipher.close(),
  };
}
