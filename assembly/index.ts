/** The WASM core: what it exports is called from `src/crypto/` only. */
export { absorbRows, interleaveParity } from "./reed-solomon";
export { digestBlocks, memoryBase, saltAddress, setSalt } from "./salted-blocks";
