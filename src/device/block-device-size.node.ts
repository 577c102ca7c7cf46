/**
 * The size of a block special file, from Linux's `/sys`: Node has neither the
 * seek nor the ioctl that would tell.
 */
import { readFile } from "node:fs/promises";
import { InvariantError } from "../errors.ts";

/** Sizes in `/sys` are in these, whatever the device's own sectors are. */
const sectorSizeBytes = 512;

/**
 * Asks the kernel.
 *
 * @param rdev the device number, as `stat` packs it.
 * @throws what `readFile` throws where `/sys` is not mounted or does not know the device.
 */
export async function blockDeviceSizeBytes(rdev: bigint): Promise<number> {
  const sectors = await readFile(`/sys/dev/block/${deviceNumber(rdev)}/size`, "ascii");
  if (!/^\d{1,13}\n$/.test(sectors)) throw new InvariantError("/sys gives a block device no size");
  return Number(sectors) * sectorSizeBytes;
}

/** `major:minor`, unpacked as glibc does: each number lies in two pieces. */
export function deviceNumber(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xffff_f000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffff_ff00n);
  return `${major}:${minor}`;
}
