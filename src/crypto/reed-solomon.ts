import type { ParityEncoder, ParityEncoderOptions } from "./reed-solomon-encoder.ts";
import { createScriptEncoder } from "./reed-solomon-script.ts";

/**
 * Makes a parity encoder with memory of its own.
 *
 * @throws {UsageError} `invalid-argument` for roots that are no integer from 2 to 24,
 *   or sizes that cannot be.
 */
export async function createParityEncoder(options: ParityEncoderOptions): Promise<ParityEncoder> {
  return createScriptEncoder(options);
}
