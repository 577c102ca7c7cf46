import type { SectorCipher, SectorCipherOptions } from "./sector-cipher.ts";
import { createWasmSectorCipher } from "./wasm-sector-cipher.ts";

/** Makes a cipher; `createSectorCipher` on the WASM core, or another with the same results. */
export type SectorCipherFactory = (options: SectorCipherOptions) => Promise<SectorCipher>;

/**
 * Makes a cipher of any suite with memory of its own, on the WASM core.
 *
 * @throws {UsageError} `invalid-argument` for sizes or a key that cannot be; `unsupported` for an unknown suite.
 */
export function createSectorCipher(options: SectorCipherOptions): Promise<SectorCipher> {
  return createWasmSectorCipher(options);
}
