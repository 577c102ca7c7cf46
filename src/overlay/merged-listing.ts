/**
 * What is in a directory of several layers. The names of all layers are gathered
 * before the first is listed, each once, with the layer that has it first; what
 * whiteouts hide shows when the name is looked up.
 *
 * They are listed in the order of a hash of theirs, which is their cursor too. So a
 * cursor stays good whatever names come and go, and when a directory of a lower
 * layer comes to have a copy in the upper, without anything being kept for it.
 */
import { latin1FromBytes } from "../bytes/latin1.ts";
import type { NodeType } from "../tree/attributes.ts";
import type { TreeOptions } from "../tree/file-tree.ts";
import type { Layer, LayerNode } from "./layer.ts";
import type { KnownPlace } from "./layer-search.ts";
import type { OverlayNode } from "./overlay-node.ts";

/** A name that some layer has. */
export interface ListedName {
  readonly name: Uint8Array;
  readonly cursor: number;
  readonly layer: Layer;
  /** Where it is first. */
  readonly known: KnownPlace;
  /** As the layer's directory says. */
  readonly type: NodeType | undefined;
}

/** Names of a directory, by rising cursor. */
export interface Listing {
  /** The directory's when it was made. */
  readonly version: number;
  readonly names: readonly ListedName[];
}

/** Gathers listings, and keeps some. */
export class MergedListings {
  readonly #upper: Layer | undefined;
  readonly #limitNames: number;
  readonly #kept: Map<OverlayNode, Listing> = new Map();
  #keptNames = 0;

  /** @param limitNames how many names are kept at most, of all listings together. */
  constructor(upper: Layer | undefined, limitNames: number) {
    this.#upper = upper;
    this.#limitNames = limitNames;
  }

  /** The names of a directory, some of which whiteouts may hide. Memory grows with their number. */
  async of(directory: OverlayNode, options: TreeOptions): Promise<Listing> {
    const kept = this.#kept.get(directory);
    if (kept !== undefined && kept.version === directory.version) return kept;
    const { version } = directory;
    const names = await this.#gather(directory, options);
    const listing = { version, names };
    this.#keep(directory, listing);
    return listing;
  }

  clear(): void {
    this.#kept.clear();
    this.#keptNames = 0;
  }

  async #gather(directory: OverlayNode, options: TreeOptions): Promise<ListedName[]> {
    const names = new Map<string, ListedName>();
    for (const [place, { layer, node }] of this.#parts(directory)) {
      for await (const entry of layer.tree.readdir(node, 0, options)) {
        const key = latin1FromBytes(entry.name);
        if (names.has(key)) continue;
        const known = { place, node: entry.node };
        names.set(key, { name: entry.name, cursor: cursorOf(entry.name), layer, known, type: entry.type });
      }
    }
    return [...names.values()].sort((a, b) => a.cursor - b.cursor);
  }

  *#parts({ upper, lowers }: OverlayNode): Generator<readonly [place: number, part: LayerNode]> {
    if (upper !== undefined) yield [0, { layer: this.#upper as Layer, node: upper }];
    for (const [i, lower] of lowers.entries()) yield [i + 1, lower];
  }

  #keep(directory: OverlayNode, listing: Listing): void {
    this.#drop(directory);
    const cost = costOf(listing);
    if (cost > this.#limitNames) return;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptNames + cost <= this.#limitNames) break;
      this.#drop(oldest);
    }
    this.#kept.set(directory, listing);
    this.#keptNames += cost;
  }

  #drop(directory: OverlayNode): void {
    const listing = this.#kept.get(directory);
    if (listing === undefined) return;
    this.#keptNames -= costOf(listing);
    this.#kept.delete(directory);
  }
}

/** What keeping a listing takes of the limit: an empty one takes something too. */
function costOf({ names }: Listing): number {
  return names.length + 1;
}

/** Where the first name behind a cursor stands in a listing. */
export function placeBehind({ names }: Listing, cursor: number): number {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] as ListedName).cursor > cursor) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A name's place in listings: 1 to 2^53 - 1. Two 32-bit hashes, mixed as MurmurHash3 ends. Who makes
 * names that meet in one place gains that a reader who stops between them misses one of them.
 */
function cursorOf(name: Uint8Array): number {
  let low = 0xdeadbeef ^ name.length;
  let high = 0x41c6ce57 ^ name.length;
  for (const byte of name) {
    low = Math.imul(low ^ byte, 0x9e3779b1);
    high = Math.imul(high ^ byte, 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return Math.max((high & 0x1f_ffff) * 2 ** 32 + (low >>> 0), 1);
}
