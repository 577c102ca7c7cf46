/**
 * A name in all layers of a directory: what `ovl_lookup` of the kernel does
 * (`fs/overlayfs/namei.c`), file handles and indexes aside.
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import { FileError, FormatError } from "../errors.ts";
import type { NodeAttributes } from "../tree/attributes.ts";
import type { TreeNode, TreeOptions } from "../tree/file-tree.ts";
import { isWhiteout, type Layer, type LayerNode, type NodeNumbers } from "./layer.ts";
import { mark } from "./marks.ts";
import type { MergedNode, OverlayNode } from "./overlay-node.ts";

/** What of a layer's word is followed. */
export interface Followed {
  /** Follow redirects to other names in lower layers. */
  readonly redirects: boolean;
  /** Follow files without content to their content in lower layers. */
  readonly metacopy: boolean;
}

/** Where a search may begin: a layer of the directory's in which the name is known to be the first. */
export interface KnownPlace {
  /** 0 for the upper, else the place in the directory's `lowers` plus 1. */
  readonly place: number;
  readonly node: TreeNode;
}

/** What a search came to. */
export interface SearchResult {
  readonly merged: MergedNode | undefined;
  /** The upper has a whiteout there. */
  readonly isWhiteout: boolean;
}

/** A node of a layer that a search came by. */
interface Seen extends LayerNode {
  readonly attributes: NodeAttributes;
}

/** The layers of an overlay, in which names are searched. */
export class LayerSearch {
  readonly #upper: Layer | undefined;
  readonly #roots: readonly LayerNode[];
  readonly #numbers: NodeNumbers;
  readonly #followed: Followed;

  /** @param roots those of the lower layers, topmost first. */
  constructor(
    upper: Layer | undefined,
    roots: readonly LayerNode[],
    numbers: NodeNumbers,
    followed: Followed,
  ) {
    this.#upper = upper;
    this.#roots = roots;
    this.#numbers = numbers;
    this.#followed = followed;
  }

  /**
   * What a name in a directory stands for.
   *
   * @throws {FileError} `EPERM` for what a layer says, and is not followed.
   * @throws {FormatError} where it cannot be followed.
   */
  async find(
    directory: OverlayNode,
    name: Uint8Array,
    known: KnownPlace | undefined,
    options: TreeOptions,
  ): Promise<SearchResult> {
    const { upper, lowers } = directory;
    const looksIntoUpper = this.#upper !== undefined && upper !== undefined && (known?.place ?? 0) === 0;
    const there = looksIntoUpper
      ? (known?.node ?? (await this.#upper.tree.lookup(upper, name, options)))
      : undefined;
    // Of what is made in the upper, most is first looked for.
    if (there === undefined && lowers.length === 0) return { merged: undefined, isWhiteout: false };
    const search = new Search(name, this.#followed, options);
    const inUpper =
      there && (await search.enter({ layer: this.#upper as Layer, node: upper as TreeNode }, false, there));
    const isHidden = search.isHidden;
    const isBare = search.isMetacopy;
    const below = inUpper === undefined ? known : undefined;
    const found = lowers.length === 0 ? [] : await this.#findBelow(directory, search, below);
    if (search.isMetacopy || (isBare && found.length === 0)) throw contentMissing(found[0] ?? inUpper);
    if (inUpper === undefined) return { merged: mergedOfLower(found), isWhiteout: isHidden };
    const isDirectory = inUpper.attributes.type === "directory";
    const merged: MergedNode = {
      type: inUpper.attributes.type,
      upper: inUpper.node,
      lowers: isDirectory ? found : [],
      content: isDirectory ? undefined : found.at(-1),
      originNumber: isDirectory ? undefined : await this.#origin(directory, inUpper, options),
      hasOtherNames: false,
      isOpaque: isHidden,
    };
    return { merged, isWhiteout: false };
  }

  /** The number by which users know a node. */
  numberOf({ upper, lowers, originNumber }: MergedNode): number {
    const [lower] = lowers;
    if (originNumber !== undefined) return originNumber;
    if (lower !== undefined) return this.#numbers.of(lower);
    return this.#numbers.of({ layer: this.#upper as Layer, node: upper as TreeNode });
  }

  async #findBelow(directory: OverlayNode, search: Search, known: KnownPlace | undefined): Promise<Seen[]> {
    const found: Seen[] = [];
    let bases = directory.lowers;
    for (let i = known === undefined ? 0 : known.place - 1; !search.isOver && i < bases.length; i++) {
      const base = bases[i] as LayerNode;
      const isLast = this.#followed.redirects
        ? base.layer.index === this.#roots.length
        : i === bases.length - 1;
      const node = known !== undefined && i === known.place - 1 ? known.node : undefined;
      const seen = await search.enter(base, isLast, node);
      if (seen === undefined) continue;
      // Of files that are all without content, only the topmost counts.
      if (!search.isMetacopy || found.length === 0) found.push(seen);
      if (search.leadsFromRoot && bases !== this.#roots) {
        bases = this.#roots;
        i = base.layer.index - 1;
      }
    }
    return found;
  }

  /** Only what lies in a directory that is marked for it was copied up. */
  async #origin(
    directory: OverlayNode,
    { layer, node }: Seen,
    options: TreeOptions,
  ): Promise<number | undefined> {
    if (directory.isImpure !== true) return undefined;
    const handle = await layer.tree.getxattr(node, mark.origin, options);
    return handle && this.#numbers.ofHandle(handle);
  }
}

function mergedOfLower(found: readonly Seen[]): MergedNode | undefined {
  const [top] = found;
  if (top === undefined) return undefined;
  const { type, linkCount } = top.attributes;
  const isDirectory = type === "directory";
  return {
    type,
    upper: undefined,
    lowers: isDirectory ? found : [top],
    content: isDirectory || found.length === 1 ? undefined : found.at(-1),
    originNumber: undefined,
    hasOtherNames: !isDirectory && linkCount > 1,
    isOpaque: false,
  };
}

function contentMissing(seen: Seen | undefined): FormatError {
  const at = seen && { device: seen.layer.tree.name, inode: seen.node.inode };
  const message = `${seen?.layer.tree.name ?? "a layer"}: no layer below has the content of a file without content`;
  return new FormatError("missing-target", message, at && { at });
}

/** One search, as it goes down the layers. */
class Search {
  /** What to look for: a name, or after a redirect to a path, names from a layer's root. */
  #names: Uint8Array[];
  /** A redirect led to a path. */
  leadsFromRoot = false;
  /** Nothing below counts. */
  isOver = false;
  /** A whiteout or an opaque directory ended it. */
  isHidden = false;
  /** The last file found has its content further down. */
  isMetacopy = false;
  /** A directory was found: what else lies below is hidden. */
  #isDirectory = false;
  readonly #followed: Followed;
  readonly #options: TreeOptions;

  constructor(name: Uint8Array, followed: Followed, options: TreeOptions) {
    this.#names = [name];
    this.#followed = followed;
    this.#options = options;
  }

  /** Looks into one layer's part of the directory; `node` is what is there, where that is known. */
  async enter(base: LayerNode, isLast: boolean, node?: TreeNode): Promise<Seen | undefined> {
    // Counted from the end: a redirect on the way changes what lies before.
    let remaining = this.#names.length;
    let at = base;
    for (;;) {
      remaining -= 1;
      const name = this.#names[this.#names.length - 1 - remaining] as Uint8Array;
      const found = node ?? (await at.layer.tree.lookup(at.node, name, this.#options));
      if (found === undefined) return undefined;
      const seen = await this.#see({ layer: at.layer, node: found }, isLast, remaining);
      if (seen === undefined || remaining === 0) return seen;
      at = seen;
    }
  }

  async #see(place: LayerNode, isLast: boolean, remaining: number): Promise<Seen | undefined> {
    const attributes = await place.layer.tree.getattr(place.node, this.#options);
    const isTarget = remaining === 0;
    const { type } = attributes;
    if (await isWhiteout(place, attributes, this.#options)) {
      this.isOver = true;
      this.isHidden = true;
      return undefined;
    }
    const seen = { ...place, attributes };
    if (type === "directory") {
      if (isTarget && this.isMetacopy) return this.#end();
      if (isTarget) this.#isDirectory = true;
      if (!isLast) await this.#seeDirectory(place, remaining);
      return seen;
    }
    if (!isTarget || this.#isDirectory || (this.isMetacopy && type !== "file")) return this.#end();
    this.isMetacopy = type === "file" && (await this.#hasNoContent(place));
    this.isOver = !this.isMetacopy;
    if (this.isMetacopy && !isLast) await this.#readRedirect(place, remaining);
    return seen;
  }

  #end(): undefined {
    this.isOver = true;
  }

  async #seeDirectory(place: LayerNode, remaining: number): Promise<void> {
    const opaque = await place.layer.tree.getxattr(place.node, mark.opaque, this.#options);
    if (opaque !== undefined && latin1FromBytes(opaque) === "y") {
      this.isOver = true;
      if (remaining === 0) this.isHidden = true;
      return;
    }
    await this.#readRedirect(place, remaining);
  }

  async #hasNoContent({ layer, node }: LayerNode): Promise<boolean> {
    const value = await layer.tree.getxattr(node, mark.metacopy, this.#options);
    if (value === undefined) return false;
    if (!this.#followed.metacopy) throw new FileError("EPERM", "lookup");
    if (value.length > 0 && !isMetacopyMark(value)) throw malformedMark("metacopy", layer, node);
    return true;
  }

  async #readRedirect({ layer, node }: LayerNode, remaining: number): Promise<void> {
    const value = await layer.tree.getxattr(node, mark.redirect, this.#options);
    if (value === undefined) return;
    if (!this.#followed.redirects) throw new FileError("EPERM", "lookup");
    const names = splitNames(value);
    const [first] = value;
    const isPath = first === slash;
    if (isPath) names.shift();
    if (names.some((name) => !isName(name)) || (!isPath && names.length > 1)) {
      throw malformedMark("redirect", layer, node);
    }
    const before = isPath ? [] : this.#names.slice(0, this.#names.length - 1 - remaining);
    const behind = this.#names.slice(this.#names.length - remaining);
    this.#names = [...before, ...names, ...behind];
    if (!isPath) return;
    this.leadsFromRoot = true;
    // A directory on the way may have been opaque; what is led to is not.
    this.isOver = false;
  }
}

const slash = 0x2f;

/** `struct ovl_metacopy` of version 0: version, length, flags, algorithm of a digest, digest. */
function isMetacopyMark(value: Uint8Array): boolean {
  return value.length >= 4 && value[0] === 0 && value[1] === value.length && value[2] === 0;
}

function malformedMark(field: "metacopy" | "redirect", { tree }: Layer, { inode }: TreeNode): FormatError {
  const message = `${tree.name}: the mark ${field} of inode ${inode} is malformed: refuse the layer`;
  return new FormatError("bad-field", message, { at: { device: tree.name, inode, field } });
}

function splitNames(path: Uint8Array): Uint8Array[] {
  const names: Uint8Array[] = [];
  for (let start = 0; start <= path.length; ) {
    const found = path.indexOf(slash, start);
    const end = found === -1 ? path.length : found;
    names.push(path.slice(start, end));
    start = end + 1;
  }
  return names;
}

function isName(name: Uint8Array): boolean {
  const text = latin1FromBytes(name);
  return name.length > 0 && name.length <= 255 && text !== "." && text !== ".." && !text.includes("\0");
}
