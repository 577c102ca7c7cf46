/** The WASM core: what it exports is called from `src/crypto/` only. */
export { absorbRows, interleaveParity } from "./reed-solomon";
export { digestBlocks, memoryBase, saltAddress, setSalt } from "./salted-blocks";
export { chaChaKeyAddress, openChaCha, sealChaCha, setChaChaKey } from "./chacha20-poly1305";
