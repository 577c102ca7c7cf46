/** The layers of an overlay, and how it tells their nodes apart. */
import { readU32Le, readU64Le, writeU32Le, writeU64Le } from "../bytes/codec.ts";
import { equalBytes } from "../bytes/compare.ts";
import { bytesFromLatin1 } from "../bytes/latin1.ts";
import { FormatError } from "../errors.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { FileTree, TreeNode, TreeOptions } from "../tree/file-tree.ts";
import { mark } from "./marks.ts";

/** One tree of an overlay. */
export interface Layer {
  /** 0 is the upper, 1 the topmost of the lower ones. */
  readonly index: number;
  readonly tree: FileTree;
}

/** A node of a layer. */
export interface LayerNode {
  readonly layer: Layer;
  readonly node: TreeNode;
}

/**
 * True for a whiteout: a character device 0:0, or a file of no bytes that is marked as one.
 *
 * @param attributes those of the node.
 */
export async function isWhiteout(
  { layer, node }: LayerNode,
  attributes: NodeAttributes,
  options: TreeOptions,
): Promise<boolean> {
  const { type, deviceMajor, deviceMinor, sizeBytes } = attributes;
  if (type === "characterDevice") return deviceMajor === 0 && deviceMinor === 0;
  if (type !== "file" || sizeBytes !== 0) return false;
  return (await layer.tree.getxattr(node, mark.whiteout, options)) !== undefined;
}

/**
 * One space of numbers for the nodes of all layers: a layer's own number times
 * the number of layers, plus the layer's index. What was copied up keeps the
 * number of what it was copied from, which its mark of origin holds, in the
 * kernel's form of a file handle (`struct ovl_fb`) with a file system's id that no
 * file system has, so that the kernel takes it for an origin unknown to it.
 */
export class NodeNumbers {
  readonly #layers: number;

  /** @param layers how many there are, the upper's place included. */
  constructor(layers: number) {
    this.#layers = layers;
  }

  /** @throws {FormatError} `unsupported` where the number is past what JavaScript counts exactly. */
  of({ layer, node }: LayerNode): number {
    return this.#number(layer.index, node.inode, layer.tree.name);
  }

  /** What to keep with a copy of a lower layer's node. */
  handle({ layer, node }: LayerNode): Uint8Array {
    const bytes = new Uint8Array(handleBytes);
    bytes.set(handleHead);
    writeU64Le(bytes, handleField.inode, node.inode);
    writeU32Le(bytes, handleField.layer, layer.index);
    writeU32Le(bytes, handleField.layers, this.#layers);
    return bytes;
  }

  /** The number of what a handle was made of; undefined for one of another overlay's. */
  ofHandle(handle: Uint8Array): number | undefined {
    if (handle.length !== handleBytes) return undefined;
    if (!equalBytes(handle.subarray(0, handleHead.length), handleHead)) return undefined;
    const layer = readU32Le(handle, handleField.layer);
    const inode = readU64Le(handle, handleField.inode);
    if (readU32Le(handle, handleField.layers) !== this.#layers) return undefined;
    if (layer === 0 || layer >= this.#layers || inode > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
    return this.#number(layer, Number(inode), "a mark of origin");
  }

  #number(layer: number, inode: number, where: string): number {
    const number = inode * this.#layers + layer;
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new FormatError("unsupported", `${where}: inode ${inode} is too large for ${this.#layers} layers`, {
      at: { inode },
    });
  }
}

/**
 * `struct ovl_fb` of version 0: magic, length of the whole, no flags (little-endian), a type
 * of handle, the file system's UUID; then, ours, inode, layer, and number of layers.
 */
const handleHead: Readonly<Uint8Array> = bytesFromLatin1(
  `\x00\xfb\x25\x00\xfesealstone overlay`.slice(0, 21),
);
const handleField = { inode: 21, layer: 29, layers: 33 } as const;
const handleBytes = 37;
