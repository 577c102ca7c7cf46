/** The WASM core: what it exports is called from `src/crypto/` only. */
export { digestBlocks, memoryBase, saltAddress, setSalt } from "./salted-blocks";
