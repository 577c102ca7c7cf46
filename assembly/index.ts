/** The WASM core: what it exports is called from `src/crypto/` only. */
export { absorbRows, interleaveParity } from "./reed-solomon";
export { digestBlocks, memoryBase, saltAddress, setSalt } from "./salted-blocks";
export { chaChaKeyAddress, openChaCha, sealChaCha, setChaChaKey } from "./chacha20-poly1305";
export { openGcm, sealGcm, setGcmKey } from "./aes-gcm";
export { aesKeyAddress } from "./aes-secrets";
export { applyCtr } from "./aes-ctr";
export { inverseSubGroup, subGroup } from "./aes-rounds";
export { decryptXts, encryptXts, setXtsKeys } from "./aes-xts";
export { openXtsHmac, sealXtsHmac, setXtsHmacKeys } from "./aes-xts-hmac";
