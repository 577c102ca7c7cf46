/** The table of hash algorithms: what `veritysetup` takes, by the names it stores. */
import { UsageError } from "../errors.ts";
import type { HashAlgorithm } from "./block-hasher.ts";

const digestSizes: ReadonlyMap<string, number> = new Map<HashAlgorithm, number>([
  ["sha1", 20],
  ["sha224", 28],
  ["sha256", 32],
  ["sha384", 48],
  ["sha512", 64],
  ["sha3-256", 32],
  ["blake2b-512", 64],
  ["blake2s-256", 32],
  ["ripemd160", 20],
]);

/** The names of all algorithms, in the order of the table. */
export const hashAlgorithms: readonly HashAlgorithm[] = [...digestSizes.keys()] as HashAlgorithm[];

/** True where `name`, exactly as written, is one of the table's. */
export function isHashAlgorithm(name: string): name is HashAlgorithm {
  return digestSizes.has(name);
}

/**
 * Size of an algorithm's digest, in bytes.
 *
 * @throws {UsageError} `unsupported` for a name that is not in the table.
 */
export function digestSizeBytes(algorithm: HashAlgorithm): number {
  const size = digestSizes.get(algorithm);
  if (size === undefined) throw new UsageError("unsupported", `no such hash algorithm: ${algorithm}`);
  return size;
}
