/** What we say of a volume ourselves, in the kernel's terms. */
import { createHash } from "node:crypto";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { IntegrityError } from "../../src/errors.ts";
import { VerityDevice } from "../../src/verity/device.ts";
import { FecRepairer, type FecRepairerOptions } from "../../src/verity/fec-repair.ts";
import { verifyVerity } from "../../src/verity/verify.ts";
import { type BlockSpan, spansOf } from "./kernel-case.ts";
import type { Volume } from "./volume.ts";

/** As `KernelResult` has it. */
export interface Verdict {
  readonly unreadable: readonly BlockSpan[];
  readonly readableSha256: string;
}

/** How erasures are located; see `FecRepairerOptions`. */
type Locate = NonNullable<FecRepairerOptions["locate"]>;

/** The volume's devices, and its repairer where it has parity, as `verifyVerity` and `VerityDevice` take them. */
function devicesOf(
  volume: Volume,
  locate: Locate,
): Pick<FecRepairerOptions, "data" | "hash" | "identity"> & { repairer?: FecRepairer } {
  const { identity, placement, fec } = volume;
  const data = new MemoryDevice(volume.data);
  const hash = volume.hash === volume.data ? data : new MemoryDevice(volume.hash);
  const devices = { data, hash, identity, placement };
  if (fec === undefined) return devices;
  const device = fec.bytes === volume.hash ? hash : new MemoryDevice(fec.bytes);
  const { roots, offsetBytes } = fec;
  return {
    ...devices,
    repairer: FecRepairer.open({ ...devices, locate, fec: { roots, offsetBytes, device } }),
  };
}

/** The blocks that `verifyVerity` names, over the whole volume. */
export async function verifiedBlocks(volume: Volume, locate: Locate = "tree"): Promise<BlockSpan[]> {
  const { unreadableBlocks } = await verifyVerity(devicesOf(volume, locate));
  return [...unreadableBlocks].map(({ first, count }): BlockSpan => [first, first + count - 1]);
}

/** A `VerityDevice`, read block by block. One that does not open for its root block reads nothing. */
export async function readVerdict(volume: Volume, locate: Locate = "tree"): Promise<Verdict> {
  const { dataBlocks, dataBlockSize } = volume.identity;
  const digest = createHash("sha256");
  const unreadable: number[] = [];
  const device = await orIntegrityError(VerityDevice.open(devicesOf(volume, locate)));
  const block = new Uint8Array(dataBlockSize);
  for (let number = 0; number < dataBlocks; number++) {
    const read = device && orIntegrityError(device.read(number * dataBlockSize, block).then(() => true));
    if ((await read) === undefined) unreadable.push(number);
    else digest.update(block);
  }
  await device?.close();
  return { unreadable: spansOf(unreadable), readableSha256: digest.digest("hex") };
}

/** What a promise comes to, or undefined where the host's bytes were not the true ones. */
async function orIntegrityError<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof IntegrityError) return undefined;
    throw error;
  }
}
