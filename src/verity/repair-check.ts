/** Taking what a repairer offers: copied into private memory first, and checked there. */
import { equalBytes } from "../bytes/compare.ts";
import { copyOf } from "../bytes/copy.ts";
import type { DeviceError, IntegrityError } from "../errors.ts";
import { blockFailure } from "./block-reads.ts";

/** What a rebuilt block must be. */
export interface WantedBlock {
  /** The digest that the verified tree holds for it; need not outlive the call's first turn. */
  readonly wanted: Uint8Array;
  readonly sizeBytes: number;
  /** Told where the repairer could not read what it needed. */
  readonly onFailure: (cause: DeviceError | IntegrityError) => void;
}

/**
 * A rebuilt block that has the wanted digest, or `undefined`.
 *
 * @param offer asks the repairer, if there is one; it is given a digest of its own.
 * @throws what no single block is to blame for, as reading blocks does.
 */
export async function checkedRepair(
  offer: (wanted: Uint8Array) => Promise<Uint8Array | undefined> | undefined,
  digestOf: (block: Uint8Array) => Uint8Array,
  { wanted, sizeBytes, onFailure }: WantedBlock,
): Promise<Uint8Array | undefined> {
  const digest = copyOf(wanted);
  let offered: Uint8Array | undefined;
  const failure = await blockFailure(async () => {
    offered = await offer(copyOf(digest));
  });
  if (failure !== undefined) onFailure(failure);
  if (offered === undefined || offered.length !== sizeBytes) return undefined;
  const block = copyOf(offered);
  return equalBytes(digestOf(block), digest) ? block : undefined;
}
