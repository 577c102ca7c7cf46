/**
 * Seeded mutation of small images. Whatever a mutation says, using the image ends
 * soon, takes little, and gives content or an error of the house: never a crash.
 */
import type { BlockDevice } from "../../src/device/block-device.ts";
import { MemoryDevice } from "../../src/device/memory-device.ts";
import { FileError, FormatError } from "../../src/errors.ts";
import { openExt4 } from "../../src/ext4/ext4-tree.ts";
import type { FileTree } from "../../src/tree/file-tree.ts";
import { walkTree } from "../../src/tree/walk.ts";
import type { AllocationMeter } from "../fuzz/allocation-meter.ts";
import { SeededRandom } from "../verity/seeded-random.ts";
import { goldenImage, goldenNames } from "./golden-image.ts";

const blockBytes = 1024;
const imageBytes = 1400 * blockBytes;

/** Bounds of one case: what a sound image takes is a twentieth of this. */
const readLimit = 4000;
const readBytesLimit = 2 * imageBytes + (8 << 20);

/** What is read of a file at once, and of one file at most. */
const pieceBytes = 4 << 10;
const piecesLimit = 4;

/** Values that find borders. */
const values = [0, 1, 2, 7, 0x7f, 0x80, 0xfe, 0xff];

interface FuzzImage {
  readonly bytes: Uint8Array;
  /** The blocks that hold something other than zeros: those before the last count as metadata. */
  readonly used: readonly number[];
}

/** A mutation, as it is undone. */
type Undo = readonly (readonly [offset: number, byte: number])[];

/** How the cases ended. */
export interface FuzzCounts {
  refused: number;
  read: number;
  mostReads: number;
  mostBytes: number;
}

/** A plain assertion: vitest's own would take most of the time. */
function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Counts what is asked of a device. */
class CountingDevice extends MemoryDevice implements BlockDevice {
  reads = 0;
  readBytes = 0;

  override async read(offsetBytes: number, into: Uint8Array): Promise<void> {
    this.reads += 1;
    this.readBytes += into.length;
    hold(this.reads < readLimit && this.readBytes < readBytesLimit, "too much is read");
    await super.read(offsetBytes, into);
  }
}

/** Runs cases; a failure names the seed, which alone repeats it. */
export async function fuzzImages(
  firstSeed: number,
  cases: number,
  meter: AllocationMeter,
): Promise<FuzzCounts> {
  const images = goldenNames.filter((name) => name !== "checksums").map((name) => prepare(goldenImage(name)));
  const counts: FuzzCounts = { refused: 0, read: 0, mostReads: 0, mostBytes: 0 };
  for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
    const random = new SeededRandom(seed);
    const image = random.pick(images);
    const undo = mutate(image, random);
    const device = new CountingDevice(image.bytes);
    meter.begin();
    try {
      await use(device, random);
      counts.read += 1;
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof FileError)) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
      counts.refused += 1;
    }
    meter.end(image.bytes.length);
    counts.mostReads = Math.max(counts.mostReads, device.reads);
    counts.mostBytes = Math.max(counts.mostBytes, device.readBytes);
    for (const [offset, byte] of undo) image.bytes[offset] = byte;
  }
  return counts;
}

function prepare(bytes: Uint8Array): FuzzImage {
  const used: number[] = [];
  for (let block = 1; block * blockBytes < bytes.length; block++) {
    const start = block * blockBytes;
    if (bytes.subarray(start, start + blockBytes).some((byte) => byte !== 0)) used.push(block);
  }
  return { bytes, used };
}

/** Changes a few bytes, mostly near others that are not zero, where the structures are. */
function mutate({ bytes, used }: FuzzImage, random: SeededRandom): Undo {
  const undo: [number, number][] = [];
  for (let changes = random.below(3); changes >= 0; changes--) {
    // The first blocks in use are the superblock, the descriptors and the inodes.
    const block = random.below(2) === 0 ? random.pick(used.slice(0, 40)) : random.pick(used);
    let offset = block * blockBytes + random.below(blockBytes);
    for (let steps = 0; steps < 64 && bytes[offset] === 0; steps++) {
      offset = block * blockBytes + ((offset + 1) % blockBytes);
    }
    undo.unshift([offset, bytes[offset] as number]);
    const flipped = (bytes[offset] as number) ^ (1 << random.below(8));
    bytes[offset] = random.below(2) === 0 ? random.pick(values) : flipped;
  }
  return undo;
}

/** One of several ways to use an image, so that a refusal early on hides nothing behind it for long. */
async function use(device: CountingDevice, random: SeededRandom): Promise<void> {
  const tree = await openExt4(device, { cacheBytes: 1 << 20 });
  if (random.below(16) === 0) return useAll(tree);
  // Inodes are tried by their number, without a way to them.
  for (let tries = 0; tries < 2; tries++) await useNode(tree, 11 + random.below(125));
}

async function useAll(tree: FileTree): Promise<void> {
  let names = 0;
  for await (const { node } of walkTree(tree)) {
    names += 1;
    hold(names < imageBytes / 12, "too many names");
    await useNode(tree, node.inode);
  }
}

async function useNode(tree: FileTree, inode: number): Promise<void> {
  const node = { inode };
  const { type } = await tree.getattr(node);
  for (const name of await tree.listxattr(node)) await tree.getxattr(node, name);
  if (type === "symlink") await tree.readlink(node);
  if (type === "directory") {
    for await (const { name } of tree.readdir(node)) {
      hold(name.length > 0 && name.length < 256, "a name of no length that a name has");
    }
  }
  if (type !== "file") return;
  const file = await tree.open(node);
  const piece = new Uint8Array(pieceBytes);
  let at = 0;
  for (let pieces = 0; pieces < piecesLimit; pieces++) {
    const data = await file.nextData(at);
    if (data === undefined) break;
    at = data.offsetBytes + (await file.read(data.offsetBytes, piece));
  }
}
