/** Long reads and writes of files in a container's root, beside the devices below it. */
import { randomBytes } from "node:crypto";
import { MemoryDevice } from "sealstone/device";
import { SealedDevice } from "sealstone/scratch";
import { WritableTreeFiles } from "sealstone/tree";
import { layerOf, openRoot } from "./root-parts.ts";
import type { Suite } from "./suite.ts";

const MiB = 2 ** 20;
const fileBytes = 64 * MiB;
const writtenBytes = 32 * MiB;

const reads = "sealstone, reads of a file of a layer";
const deviceReads = "reads of the layer's verified device";
const newWrites = "sealstone, writes of a new file";
const againWrites = "sealstone, writes of a file that is there";
const deviceWrites = "writes of a sealed device";

export const rootReads: Suite = {
  name: "root-reads",
  title: "A container's root: reads of 1 MiB",
  about:
    "A file of 64 MiB in a layer in memory, read from end to end in steps of 1 MiB through the API, the overlay, ext4 and " +
    "dm-verity. Beside it reads of the layer's verified device alone, as many bytes and in the same steps.",
  pace: { rounds: 15, timeMs: 300 },
  prepare: async () => {
    const layer = await layerOf(new Map([["file", randomContent(fileBytes)]]));
    const root = await openRoot([layer], 16 * MiB);
    const handle = await new WritableTreeFiles(root.tree).open("/file");
    const into = new Uint8Array(MiB);
    return {
      contenders: [
        {
          name: reads,
          bytes: fileBytes,
          run: async () => {
            for (let at = 0; at < fileBytes; at += MiB) await handle.read(into, 0, MiB, at);
          },
        },
        {
          name: deviceReads,
          bytes: fileBytes,
          run: async () => {
            for (let at = 0; at < fileBytes; at += MiB) await layer.device.read(at, into);
          },
        },
      ],
      ratios: [{ of: reads, to: deviceReads, atLeast: 0.8 }],
      close: async () => {
        await handle.close();
        await root.close();
        await layer.close();
      },
    };
  },
};

export const rootWrites: Suite = {
  name: "root-writes",
  title: "A container's root: writes of 1 MiB",
  about:
    "32 MiB, written in steps of 1 MiB through the API, the overlay and ext4 to a sealed scratch in memory, and flushed: " +
    "to a file that was just made, and to one that has its blocks already. Beside it writes of a sealed device " +
    "alone, as many bytes, in the same steps, flushed too. All of each device was written before.",
  pace: { rounds: 15, timeMs: 150 },
  prepare: async () => {
    const layer = await layerOf(new Map([["old", new Uint8Array(1)]]));
    const root = await openRoot([layer], 128 * MiB);
    const files = new WritableTreeFiles(root.tree);
    const sealed = await SealedDevice.create(new MemoryDevice(128 * MiB));
    const from = randomContent(MiB);
    await fill(root.sealed.sizeBytes, from, files);
    for (let at = 0; at + MiB <= sealed.sizeBytes; at += MiB) await sealed.write(at, from);
    const there = await files.open("/there", "w+");
    const writeTo = async (handle: typeof there): Promise<void> => {
      for (let at = 0; at < writtenBytes; at += MiB) await handle.write(from, 0, MiB, at);
      await handle.sync();
    };
    await writeTo(there);
    let start = 0;
    return {
      contenders: [
        {
          name: newWrites,
          bytes: writtenBytes,
          before: () => files.rm("/new", { force: true }),
          run: async () => {
            await using handle = await files.open("/new", "w");
            await writeTo(handle);
          },
        },
        { name: againWrites, bytes: writtenBytes, run: () => writeTo(there) },
        {
          name: deviceWrites,
          bytes: writtenBytes,
          run: async () => {
            start = (start + writtenBytes) % (2 * writtenBytes);
            for (let at = start; at < start + writtenBytes; at += MiB) await sealed.write(at, from);
            await sealed.flush();
          },
        },
      ],
      ratios: [
        { of: newWrites, to: deviceWrites, atLeast: 0.6 },
        { of: againWrites, to: deviceWrites, atLeast: 0.6 },
      ],
      close: async () => {
        await there.close();
        await root.close();
        await layer.close();
        await sealed.close();
      },
    };
  },
};

/** Writes nearly all of a scratch once, so that later writes find memory below them, and lets go of it again. */
async function fill(sizeBytes: number, from: Uint8Array, files: WritableTreeFiles): Promise<void> {
  const handle = await files.open("/filling", "w");
  for (let at = 0; at < sizeBytes * 0.9; at += MiB) await handle.write(from, 0, MiB, at);
  await handle.close();
  await files.rm("/filling");
  await files.tree.flush();
}

function randomContent(sizeBytes: number): Uint8Array {
  return new Uint8Array(randomBytes(sizeBytes));
}
