/** One byte of a layer image changed: what comes of it. */
import { expect } from "vitest";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { StorageError } from "../../src/errors.ts";
import { openLayer } from "../../src/layer/opened-layer.ts";
import { verifyLayer } from "../../src/layer/verify-layer.ts";
import { imageBytes } from "./golden-images.ts";
import { ends, small, smallRootHash } from "./layer-parts.ts";

/** The superblock's UUID, the one field that a host may change freely. */
export function isFree(offset: number): boolean {
  return offset >= ends.fileSystem + 16 && offset < ends.fileSystem + 32;
}

/**
 * Flips one bit at each offset in turn. Opening and reading all must fail, and
 * verification must report it; or the byte is free, and all reads as before.
 */
export async function expectFlipsFound(offsets: Iterable<number>): Promise<number> {
  const bytes = imageBytes(small);
  const original = bytes.slice(0, ends.fileSystem);
  const device = new MemoryDevice(bytes);
  const read = new Uint8Array(ends.fileSystem);
  let flips = 0;
  for (const offset of offsets) {
    bytes[offset] = (bytes[offset] as number) ^ (1 << (offset % 8));
    const error = await openLayer(device, { rootHash: smallRootHash }).then(
      async (layer) => {
        await using opened = layer;
        return opened.device.read(0, read).then(
          () => undefined,
          (reason: unknown) => reason,
        );
      },
      (reason: unknown) => reason,
    );
    const { ok } = await verifyLayer(device, { rootHash: smallRootHash });
    bytes[offset] = (bytes[offset] as number) ^ (1 << (offset % 8));
    flips++;
    if (isFree(offset)) {
      expect({ offset, error, ok }).toEqual({ offset, error: undefined, ok: true });
      expect(Buffer.compare(read, original)).toBe(0);
    } else if (!(error instanceof StorageError) || ok) {
      expect({ offset, error, ok }).toBe("refused");
    }
  }
  return flips;
}
