/** Errors of a layer, as its opener should see them: with the layer's name in front. */
import { DeviceError, FormatError, IntegrityError, StorageError } from "../errors.ts";

/**
 * The same error, saying which layer it is of. What is no word on the image or
 * its host is left as it is: a caller's mistake, an abort.
 */
export function withLayer(error: unknown, layer: string): unknown {
  if (!(error instanceof StorageError)) return error;
  const message = `layer ${layer}: ${error.message}`;
  const details = { at: { ...error.at, layer }, cause: error };
  if (error instanceof FormatError) return new FormatError(error.code, message, details);
  if (error instanceof IntegrityError) return new IntegrityError(error.code, message, details);
  if (error instanceof DeviceError) return new DeviceError(error.code, message, details);
  return error;
}
