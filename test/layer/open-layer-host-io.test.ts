/** What a hostile host does while a layer is being opened, by the rows of the threat list. */
import { describe, expect, test } from "vitest";
import { writeU32Le } from "../../src/bytes/codec.ts";
import { DeadlineDevice } from "../../src/device/deadline-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { DeviceError, FormatError, StorageError } from "../../src/errors.ts";
import { openLayer } from "../../src/layer/opened-layer.ts";
import { layerSuperblock } from "../../src/layer/verity-parameters.ts";
import { serializeSuperblock } from "../../src/verity/superblock.ts";
import { HostileDevice } from "../verity/hostile-device.ts";
import { imageBytes } from "./golden-images.ts";
import { ends, joined, small, smallRootHash } from "./layer-parts.ts";

describe("H7: two reads return different bytes", () => {
  test("the file system's size, larger in the first", async () => {
    const bytes = imageBytes(small);
    const device = new HostileDevice(bytes, (read) => {
      read.honest();
      if (read.index === 0) writeU32Le(read.into, 4, 15);
    });
    const opening = openLayer(device, { rootHash: smallRootHash });
    await expect(opening).rejects.toBeInstanceOf(FormatError);
  });

  test("the file system's size, smaller in the first, with a tree where it then ends", async () => {
    // The host lays a superblock for 13 blocks and the true hash block where 13 blocks end.
    const bytes = imageBytes(small);
    const tree = bytes.slice(ends.superblock, ends.tree);
    const block = new Uint8Array(4096);
    block.set(serializeSuperblock(layerSuperblock(13, new Uint8Array(16))));
    const lie = joined(bytes.subarray(0, 13 * 4096), block, tree);
    const device = new HostileDevice(lie, (read) => {
      read.honest();
      if (read.index === 0) writeU32Le(read.into, 4, 13);
    });
    // The true tree has a fourteenth digest, which 13 blocks leave no room for.
    await expect(openLayer(device, { rootHash: smallRootHash })).rejects.toMatchObject({
      name: "IntegrityError",
      code: "spare-not-zero",
    });
  });

  test("a label that changes between the reads is no harm: what is verified counts", async () => {
    const device = new HostileDevice(imageBytes(small), (read) => {
      read.honest();
      if (read.index === 0) read.into[120] = 0x41;
    });
    await using layer = await openLayer(device, { rootHash: smallRootHash });
    const read = new Uint8Array(ends.fileSystem);
    await layer.device.read(0, read);
    expect(Buffer.compare(read, imageBytes(small).subarray(0, ends.fileSystem))).toBe(0);
  });

  test("each piece of metadata is fetched once", async () => {
    const device = new HostileDevice(imageBytes(small));
    await using layer = await openLayer(device, { rootHash: smallRootHash });
    expect(layer.label).toBe("hostile");
    // The size from the host's bytes; superblock; footer; root block; then verified: the size, the root directory.
    const offsets = device.reads.map(({ offsetBytes }) => offsetBytes);
    expect(offsets).toEqual([1024, ends.fileSystem, ends.tree, ends.superblock, 0, 4096, 45_056]);
  });
});

test("H8: bytes changed after they were read", async () => {
  const bytes = imageBytes(small);
  const seen: Uint8Array[] = [];
  const device = new HostileDevice(bytes, (read) => {
    for (const earlier of seen) earlier.fill(0xee);
    read.honest();
    seen.push(read.into);
  });
  await using layer = await openLayer(device, { rootHash: smallRootHash });
  const read = new Uint8Array(ends.fileSystem);
  await layer.device.read(0, read);
  for (const earlier of seen) earlier.fill(0xee);
  expect(Buffer.compare(read, bytes.subarray(0, ends.fileSystem))).toBe(0);
});

describe("H9 H10: the device fails", () => {
  test.each([0, 1, 2, 3, 4])("at read %d of the opening", async (index) => {
    const device = new HostileDevice(imageBytes(small), (read) => {
      if (read.index === index) throw new DeviceError("short-read", "came short");
      read.honest();
    });
    const opening = openLayer(device, { rootHash: smallRootHash, label: "base" });
    await expect(opening).rejects.toMatchObject({
      name: "DeviceError",
      code: "short-read",
      at: { layer: "base" },
    });
  });

  test.each([0, 1, 2, 3, 4])("with an error of its own at read %d", async (index) => {
    const device = new HostileDevice(imageBytes(small), (read) => {
      if (read.index === index) throw new TypeError("EIO");
      read.honest();
    });
    const opening = openLayer(device, { rootHash: smallRootHash });
    await expect(opening).rejects.toMatchObject({ name: "DeviceError", code: "device-failed" });
  });
});

describe("H11: the device does not answer", () => {
  test.each([0, 1, 2, 3, 4])("at read %d, until the deadline", async (index) => {
    const host = new HostileDevice(imageBytes(small), (read) => {
      if (read.index === index) return new Promise(() => {});
      read.honest();
      return undefined;
    });
    const device = new DeadlineDevice(host, { deadlineMs: 20 });
    await expect(openLayer(device, { rootHash: smallRootHash })).rejects.toMatchObject({
      code: "device-timeout",
    });
  });

  test.each([0, 1, 2, 3, 4])("at read %d, until the caller gives up", async (index) => {
    const giveUp = new AbortController();
    const device = new HostileDevice(imageBytes(small), (read) => {
      if (read.index !== index) return read.honest();
      setTimeout(() => giveUp.abort(new Error("gave up")), 1);
      return new Promise(() => {});
    });
    const { signal } = giveUp;
    await expect(openLayer(device, { rootHash: smallRootHash, signal })).rejects.toThrow("gave up");
  });
});

test("H20: the device shrinks between looking at it and reading", async () => {
  const device = new HostileDevice(imageBytes(small), (read) => {
    read.honest();
    device.sizeBytes = 4096;
  });
  await expect(openLayer(device, { rootHash: smallRootHash })).rejects.toBeInstanceOf(FormatError);
});

test("H26: a tree for 2^48 bytes is refused before anything is allocated for it", async () => {
  const device = new HostileDevice(imageBytes(small), (read) => {
    read.honest();
    if (read.index === 0) {
      writeU32Le(read.into, 4, 0xffff_ffff);
      writeU32Le(read.into, 24, 6);
    }
  });
  device.sizeBytes = Number.MAX_SAFE_INTEGER;
  await expect(openLayer(device, { rootHash: smallRootHash })).rejects.toBeInstanceOf(StorageError);
  expect(device.reads.length).toBeLessThan(4);
});

test("H32: one disk opened twice", async () => {
  const device = new MemoryDevice(imageBytes(small));
  await using one = await openLayer(device, { rootHash: smallRootHash });
  await using other = await openLayer(device, { rootHash: smallRootHash });
  const [a, b] = [new Uint8Array(4096), new Uint8Array(4096)];
  await Promise.all([one.device.read(4096, a), other.device.read(4096, b)]);
  expect(a).toEqual(b);
});
