/**
 * What stands behind the last part of an image: a VHD footer, nothing, or bytes
 * that nobody accounts for. None of it is ever read as data, and the root hash
 * covers none of it.
 */
import type { BlockDevice } from "../device/block-device.ts";
import { FormatError, type StorageError } from "../errors.ts";
import { readMetadata } from "./metadata-read.ts";
import { isVhdFooter, parseVhdFooter, VHD_FOOTER_SIZE_BYTES, type VhdFooter } from "./vhd-footer.ts";

/** Bytes behind the last part of a layer. */
export interface LayerTrailer {
  /** Name of the device. */
  readonly device: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Where they are a sound footer. */
  readonly footer?: VhdFooter;
}

/** What `inspectTrailer` found. */
export interface TrailerFindings {
  /** Absent where the device ends with the layer. */
  readonly trailer?: LayerTrailer;
  readonly problem?: StorageError;
}

/**
 * Looks at what a device holds from `endBytes` on: at no more than a footer's 512 bytes of it.
 *
 * @throws {DeviceError} when the device fails.
 */
export async function inspectTrailer(
  device: BlockDevice,
  endBytes: number,
  signal: AbortSignal | undefined,
): Promise<TrailerFindings> {
  const sizeBytes = device.sizeBytes - endBytes;
  if (sizeBytes === 0) return {};
  const at = { device: device.name, offsetBytes: endBytes };
  const trailer: LayerTrailer = { ...at, sizeBytes };
  if (sizeBytes === VHD_FOOTER_SIZE_BYTES) {
    const bytes = await readMetadata(device, endBytes, VHD_FOOTER_SIZE_BYTES, signal);
    if (isVhdFooter(bytes)) return footerFindings(bytes, trailer);
  }
  const message = `${sizeBytes} bytes from byte ${endBytes} of ${device.name} on are no part of the layer, and no VHD footer: cut them off, or say that they may be there`;
  return { trailer, problem: new FormatError("bad-padding", message, { at }) };
}

function footerFindings(bytes: Uint8Array, trailer: LayerTrailer): TrailerFindings {
  const { device, offsetBytes } = trailer;
  try {
    return { trailer: { ...trailer, footer: parseVhdFooter(bytes, { device, offsetBytes }) } };
  } catch (error) {
    if (error instanceof FormatError) return { trailer, problem: error };
    throw error;
  }
}
