/** Images in memory for tests of the read-write driver, and what e2fsck says of them. */
import { writeFileSync } from "node:fs";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { type FormatOptions, formatExt4 } from "../../src/ext4/format-ext4.ts";
import { fsck, zeroFile } from "./scratch-file.ts";

/** What `e2fsck -fn` complains of; nothing where the image is in order. */
export function complaintsOf(image: Uint8Array): string {
  const file = zeroFile(0);
  try {
    writeFileSync(file.path, image);
    return fsck(file);
  } finally {
    file.remove();
  }
}

/** An empty file system. */
export async function emptyImage(sizeBytes: number, options: FormatOptions = {}): Promise<Uint8Array> {
  const image = new Uint8Array(sizeBytes);
  await formatExt4(new MemoryDevice(image), { ...options, isZero: true });
  return image;
}
