/** Error correction as the options ask for it: what is told of it, and repairing while verifying. */
import { paritySizeBytes } from "../verity/fec-layout.ts";
import { FecRepairer } from "../verity/fec-repair.ts";
import type { TreeGeometry } from "../verity/geometry.ts";
import type { ActionContext } from "./context.ts";
import type { FecInformation } from "./verity-information.ts";
import { checkRoots, type FecOptions, fecFrom } from "./verity-parameters.ts";
import type { Volume } from "./volume.ts";
import type { VolumeFiles } from "./volume-files.ts";

/**
 * How much parity there is, or would be: `dump` believes its options.
 *
 * @param hashPath parity on this device covers it up to itself, parity elsewhere to its end.
 */
export async function fecInformation(
  fec: FecOptions,
  geometry: TreeGeometry,
  files: VolumeFiles,
  hashPath: string,
): Promise<FecInformation> {
  checkRoots(fec);
  await files.sizeBytesOf(fec.device);
  const onHashDevice = await files.identical(fec.device, hashPath);
  const coveredBytes = onHashDevice ? fec.offsetBytes : await files.sizeBytesOf(hashPath);
  const sizeBytes = paritySizeBytes(fec.roots, geometry, coveredBytes);
  const parityBlocks = sizeBytes / geometry.dataBlockSize;
  return { roots: fec.roots, offsetBytes: fec.offsetBytes, parityBlocks, onHashDevice };
}

/** Repairs blocks of a volume, and counts the bytes that were wrong in them. */
export interface CountingRepairer {
  readonly repairer: FecRepairer;
  readonly correctedBytes: () => number;
}

/** A repairer for a volume that is to be verified; `undefined` without `--fec-device`. */
export async function openRepairer(
  { options }: ActionContext,
  files: VolumeFiles,
  { data, hash, identity, placement }: Volume,
): Promise<CountingRepairer | undefined> {
  const fec = fecFrom(options);
  if (fec === undefined) return undefined;
  checkRoots(fec);
  const device = await files.open(fec.device);
  let corrected = 0;
  const repairer = FecRepairer.open({
    data,
    hash,
    identity,
    placement,
    fec: { roots: fec.roots, device, offsetBytes: fec.offsetBytes },
    // The kernel's own reach: what is said to be readable must be so when it opens the volume.
    locate: "data-blocks",
    onRepair: ({ correctedBytes }) => {
      corrected += correctedBytes;
    },
  });
  return { repairer, correctedBytes: () => corrected };
}
