/** What a file's content must be, and random operations on both. */
import { FileError } from "../../src/errors.ts";
import type { FileData } from "../../src/ext4/file-data.ts";
import type { WritableVolume } from "../../src/ext4/writable-volume.ts";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { fileData } from "./volume-files.ts";

/** Content in memory. */
export class FileModel {
  bytes: Uint8Array = new Uint8Array();

  resize(sizeBytes: number): void {
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.bytes.subarray(0, sizeBytes));
    this.bytes = bytes;
  }

  write(offsetBytes: number, from: Uint8Array): void {
    if (offsetBytes + from.length > this.bytes.length) this.resize(offsetBytes + from.length);
    this.bytes.set(from, offsetBytes);
  }

  punch(offsetBytes: number, lengthBytes: number): void {
    this.bytes.fill(0, offsetBytes, offsetBytes + lengthBytes);
  }
}

/** Where things happen: below a limit, on borders of blocks as often as not. */
function place(random: SeededRandom, limitBytes: number): number {
  const at = random.below(limitBytes);
  return random.oneIn(2) ? at - (at % 4096) : at;
}

function randomBytes(random: SeededRandom, lengthBytes: number): Uint8Array {
  const first = 1 + random.below(250);
  // Not by `Uint8Array.from`, which takes twenty times as long.
  const bytes = new Uint8Array(lengthBytes);
  for (let i = 0; i < lengthBytes; i++) bytes[i] = first + i * 7 + (i >>> 8);
  return bytes;
}

/** Does one thing to a file; what the driver refuses for want of space is not done to the model either. */
export async function randomOperation(
  random: SeededRandom,
  volume: WritableVolume,
  number: number,
  model: FileModel,
  limitBytes: number,
): Promise<void> {
  const offset = place(random, limitBytes);
  const length = 1 + place(random, random.pick([64, 5000, 40_000, limitBytes / 2]));
  const change = <Result>(run: (data: FileData) => Result | Promise<Result>): Promise<Result> =>
    volume.change({}, () => run(fileData(volume, number)));
  try {
    switch (random.below(8)) {
      case 0: {
        await change((data) => data.truncate(offset));
        model.resize(offset);
        break;
      }
      case 1: {
        await change((data) => data.punchHole(offset, length));
        model.punch(offset, length);
        break;
      }
      case 2: {
        const keepSize = random.oneIn(2);
        await change((data) => data.allocate(offset, length, keepSize));
        if (!keepSize && offset + length > model.bytes.length) model.resize(offset + length);
        break;
      }
      case 3: {
        const from = randomBytes(random, length);
        const written = await change((data) => data.write(model.bytes.length, from));
        model.write(model.bytes.length, from.subarray(0, written));
        break;
      }
      default: {
        const from = randomBytes(random, length);
        const written = await change((data) => data.write(offset, from));
        model.write(offset, from.subarray(0, written));
      }
    }
  } catch (error) {
    if (!(error instanceof FileError && error.code === "ENOSPC")) throw error;
  }
}

/** All of a file, as the driver reads it. */
export async function readWhole(volume: WritableVolume, number: number): Promise<Uint8Array> {
  const data = await volume.inMemory(() => fileData(volume, number), {});
  const inode = await volume.inMemory(() => volume.inodes.get(number), {});
  const into = new Uint8Array(inode.sizeBytes + 10).fill(0xee);
  const read = await data.read(0, into, {});
  return into.subarray(0, read);
}
