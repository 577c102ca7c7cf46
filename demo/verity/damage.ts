/** What a hostile or failing disk does to a volume, in a few places that do not meet. */
import {
  type BlockDevice,
  firstHashBlock,
  treeGeometry,
  type VerityIdentity,
  type WritableBlockDevice,
} from "sealstone/node";

/** One thing that was done. */
export interface Damage {
  readonly what: string;
  /** The data blocks that were changed. */
  readonly blocks: readonly number[];
  /** The leaf that was changed, by its index. */
  readonly leaf?: number;
}

/** Breaks data and tree; the places depend on the volume's size alone. */
export async function breakVolume(
  { data, hash }: { readonly data: WritableBlockDevice; readonly hash: WritableBlockDevice },
  identity: VerityIdentity,
): Promise<Damage[]> {
  const { dataBlocks, dataBlockSize: size } = identity;
  const middle = Math.floor(dataBlocks / 2);
  const late = Math.floor((dataBlocks * 4) / 5);
  await flipBit(data, 0);
  await flipBit(data, middle * size + 1234);
  await data.write(Math.floor(dataBlocks / 3) * size, new Uint8Array(size).fill(0xff));
  await swap(data, late * size, (late + 7) * size, size);
  await flipBit(data, dataBlocks * size - 1);
  const geometry = treeGeometry(
    identity,
    dataBlocks,
    firstHashBlock({ hashOffsetBytes: 0, superblock: true }, size),
  );
  const leaf = geometry.locate(0, Math.floor(dataBlocks / 5)).index;
  await flipBit(hash, geometry.offsetBytes(0, leaf) + 99);
  return [
    { what: "one bit of the first block", blocks: [0] },
    { what: `one bit of block ${middle}`, blocks: [middle] },
    { what: `all of block ${Math.floor(dataBlocks / 3)}`, blocks: [Math.floor(dataBlocks / 3)] },
    { what: `blocks ${late} and ${late + 7}, swapped`, blocks: [late, late + 7] },
    { what: "one bit of the last block", blocks: [dataBlocks - 1] },
    { what: `one bit of leaf ${leaf} of the hash tree`, blocks: [], leaf },
  ];
}

/** The data blocks that can no longer be read: those changed, and those under a changed leaf. */
export function expectedUnreadable(damage: readonly Damage[], identity: VerityIdentity): number[] {
  const geometry = treeGeometry(identity, identity.dataBlocks, 0);
  const blocks = damage.flatMap(({ blocks: changed, leaf }) => {
    if (leaf === undefined) return changed;
    const { first, count } = geometry.dataBlocksUnder(0, leaf);
    return Array.from({ length: count }, (_, i) => first + i);
  });
  return [...new Set(blocks)].sort((a, b) => a - b);
}

async function flipBit(device: WritableBlockDevice, offsetBytes: number): Promise<void> {
  const byte = await readAt(device, offsetBytes, 1);
  byte[0] = (byte[0] ?? 0) ^ 1;
  await device.write(offsetBytes, byte);
}

async function swap(device: WritableBlockDevice, a: number, b: number, sizeBytes: number): Promise<void> {
  const [atA, atB] = [await readAt(device, a, sizeBytes), await readAt(device, b, sizeBytes)];
  await device.write(a, atB);
  await device.write(b, atA);
}

async function readAt(device: BlockDevice, offsetBytes: number, sizeBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  await device.read(offsetBytes, bytes);
  return bytes;
}
