/**
 * Repairing a volume in place: it is verified as a whole, and every block that
 * forward error correction rebuilds is written back once it has its digest.
 */
import type { WritableBlockDevice } from "../device/block-device.ts";
import { FecRepairer, type FecRepairerOptions } from "./fec-repair.ts";
import { type TreeGeometry, treeGeometry } from "./geometry.ts";
import { defaultPlacement, firstHashBlock } from "./placement.ts";
import type { BlockRepairer } from "./repair.ts";
import { type VerityVerifyOptions, verifyVerity } from "./verify.ts";
import type { VerityReport } from "./verify-report.ts";

/** What is repaired. The devices are the host's, all else is the caller's. */
export interface VerityRepairOptions
  extends Omit<FecRepairerOptions, "data" | "hash">,
    Omit<VerityVerifyOptions, "data" | "hash" | "repairer"> {
  readonly data: WritableBlockDevice;
  /** The same object as `data` where they share a device. */
  readonly hash: WritableBlockDevice;
}

/**
 * Verifies a volume and writes back what could be rebuilt. Parity is not
 * mended: where it may be damaged too, `encodeFec` writes it anew from a
 * volume that is whole again.
 *
 * @returns the report of the pass: what it calls repaired is on the devices now.
 * @throws what `verifyVerity` and `FecRepairer.open` throw.
 * @throws {DeviceError} when a block cannot be written back.
 */
export async function repairVerity(options: VerityRepairOptions): Promise<VerityReport> {
  const { data, hash, identity, signal, placement = defaultPlacement } = options;
  const repairer = FecRepairer.open(options);
  try {
    const first = firstHashBlock(placement, identity.hashBlockSize);
    const geometry = treeGeometry(identity, identity.dataBlocks, first, options);
    const writing = new WritingRepairer(repairer, geometry, data, hash);
    const report = await verifyVerity({ ...options, repairer: writing });
    const io = signal === undefined ? {} : { signal };
    await data.flush(io);
    if (hash !== data) await hash.flush(io);
    return report;
  } finally {
    repairer.close();
  }
}

/** Hands on what another repairer rebuilds, and writes it to where it belongs. */
class WritingRepairer implements BlockRepairer {
  readonly #repairer: FecRepairer;
  readonly #geometry: TreeGeometry;
  readonly #data: WritableBlockDevice;
  readonly #hash: WritableBlockDevice;

  constructor(
    repairer: FecRepairer,
    geometry: TreeGeometry,
    data: WritableBlockDevice,
    hash: WritableBlockDevice,
  ) {
    this.#repairer = repairer;
    this.#geometry = geometry;
    this.#data = data;
    this.#hash = hash;
  }

  async repairDataBlock(
    block: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const bytes = await this.#repairer.repairDataBlock(block, expectedDigest, signal);
    const offsetBytes = block * this.#geometry.dataBlockSize;
    if (bytes !== undefined)
      await this.#data.write(offsetBytes, bytes, signal === undefined ? {} : { signal });
    return bytes;
  }

  async repairHashBlock(
    level: number,
    index: number,
    expectedDigest: Uint8Array,
    signal?: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const bytes = await this.#repairer.repairHashBlock(level, index, expectedDigest, signal);
    const offsetBytes = this.#geometry.offsetBytes(level, index);
    if (bytes !== undefined)
      await this.#hash.write(offsetBytes, bytes, signal === undefined ? {} : { signal });
    return bytes;
  }

  close(): void {
    this.#repairer.close();
  }
}
