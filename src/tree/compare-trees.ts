/** Two trees held against each other: what one has and the other has not, or has otherwise. */
import { bytesFromLatin1, latin1FromBytes } from "../bytes/latin1.ts";
import { FileError } from "../errors.ts";
import type { FileTree, TreeNode, TreeOptions } from "./file-tree.ts";
import { type ComparedNode, compareNodes } from "./node-comparison.ts";
import { joinNames } from "./path.ts";
import type { TreeChange } from "./tree-change.ts";
import { EnteredDirectories } from "./walk.ts";

/** Where in a tree a comparison begins. */
export interface ComparedTree {
  readonly tree: FileTree;
  /** The root unless set. */
  readonly node?: TreeNode;
}

/** No longer path is told: telling many of them would take the square of their depth. */
const pathLimitBytes = 65_536;

/** What is compared, and what need not be. */
export interface TreeComparisonOptions extends TreeOptions {
  /**
   * A tree whose names alone can stand for something else than before, such as an overlay's
   * upper. What both trees have and this one has not is taken to be the same, unseen.
   */
  readonly touched?: ComparedTree;
}

/**
 * What differs, each directory before what is in it, names in the order of their
 * bytes; whole directories that are there or not there with all that is below.
 *
 * Compared are type, permissions, owner, device numbers, size and content, target,
 * extended attributes and, but of directories, the time of modification. Not compared
 * are other times, and which names stand for one file. While somebody changes the trees, what is found is of no one moment.
 *
 * Memory grows with the names in the directories on the way, and by some 8 bytes a directory.
 *
 * @throws {FileError} `ENAMETOOLONG` for a path of more than 64 KiB that differs.
 * @throws what the trees throw; `FormatError` `bad-field` where a directory is come by twice.
 */
export async function* compareTrees(
  before: ComparedTree,
  after: ComparedTree,
  options: TreeComparisonOptions = {},
): AsyncGenerator<TreeChange, void, undefined> {
  const { touched, ...rest } = options;
  const comparison = new Comparison({ before, after, touched }, rest);
  const of = (side: ComparedTree | undefined): TreeNode | undefined => side && (side.node ?? side.tree.root);
  const start = { before: of(before), after: of(after), touched: of(touched) };
  const ahead: Place[] = [{ ...start, parent: undefined, name: new Uint8Array(0) }];
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    const seen = await comparison.look(place);
    const change = await comparison.change(place, seen);
    if (change !== undefined) yield change;
    // The next one last.
    ahead.push(...(await comparison.below(place, seen)).reverse());
  }
}

/** A path that at least one of the trees has. */
interface Place {
  readonly parent: Place | undefined;
  readonly name: Uint8Array;
  readonly before: TreeNode | undefined;
  readonly after: TreeNode | undefined;
  readonly touched: TreeNode | undefined;
}

interface Seen {
  readonly before: ComparedNode | undefined;
  readonly after: ComparedNode | undefined;
}

interface ComparedSides {
  readonly before: ComparedTree;
  readonly after: ComparedTree;
  readonly touched: ComparedTree | undefined;
}

class Comparison {
  readonly #sides: ComparedSides;
  readonly #options: TreeOptions;
  readonly #enteredBefore: EnteredDirectories;
  readonly #enteredAfter: EnteredDirectories;

  constructor(sides: ComparedSides, options: TreeOptions) {
    this.#sides = sides;
    this.#options = options;
    this.#enteredBefore = new EnteredDirectories(sides.before.tree.name);
    this.#enteredAfter = new EnteredDirectories(sides.after.tree.name);
  }

  async look({ before, after }: Place): Promise<Seen> {
    return {
      before: before && (await this.#lookAt(this.#sides.before.tree, before)),
      after: after && (await this.#lookAt(this.#sides.after.tree, after)),
    };
  }

  async change(place: Place, { before, after }: Seen): Promise<TreeChange | undefined> {
    if (before === undefined) return after && { kind: "added", path: pathOf(place), after: after.attributes };
    if (after === undefined) return { kind: "removed", path: pathOf(place), before: before.attributes };
    const differences = await compareNodes(before, after, this.#options);
    if (differences.length === 0) return undefined;
    const attributes = { before: before.attributes, after: after.attributes };
    return { kind: "modified", path: pathOf(place), ...attributes, differences };
  }

  /** The places in a directory that are to be looked at, in order. */
  async below(place: Place, { before, after }: Seen): Promise<Place[]> {
    const old = await this.#enter(before, this.#enteredBefore);
    const now = await this.#enter(after, this.#enteredAfter);
    const touched = old && now && (await this.#touchedIn(place));
    const places: Place[] = [];
    for (const key of [...new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])].sort()) {
      const nodes = { before: old?.get(key), after: now?.get(key), touched: touched?.get(key) };
      if (touched && nodes.before && nodes.after && !nodes.touched) continue;
      places.push({ parent: place, name: bytesFromLatin1(key), ...nodes });
    }
    return places;
  }

  /** What can be another in a directory; undefined where all of it can. */
  async #touchedIn({ touched: node }: Place): Promise<Names | undefined> {
    const tree = this.#sides.touched?.tree;
    if (tree === undefined || node === undefined) return undefined;
    return (await this.#lookAt(tree, node)).attributes.type === "directory"
      ? this.#list(tree, node)
      : undefined;
  }

  /** The names in a directory; undefined for what is none. */
  async #enter(seen: ComparedNode | undefined, entered: EnteredDirectories): Promise<Names | undefined> {
    if (seen?.attributes.type !== "directory") return undefined;
    entered.enter(seen.node);
    return this.#list(seen.tree, seen.node);
  }

  async #lookAt(tree: FileTree, node: TreeNode): Promise<ComparedNode> {
    return { tree, node, attributes: await tree.getattr(node, this.#options) };
  }

  async #list(tree: FileTree, directory: TreeNode): Promise<Names> {
    const entries = new Map<string, TreeNode>();
    for await (const { name, node } of tree.readdir(directory, 0, this.#options)) {
      entries.set(latin1FromBytes(name), node);
    }
    return entries;
  }
}

/** Nodes by name, a character a byte, which sorts as the bytes do. */
type Names = ReadonlyMap<string, TreeNode>;

function pathOf(place: Place): Uint8Array {
  const names: Uint8Array[] = [];
  let lengthBytes = 0;
  for (let at = place; at.parent !== undefined; at = at.parent) {
    names.push(at.name);
    lengthBytes += at.name.length + 1;
    if (lengthBytes > pathLimitBytes) throw new FileError("ENAMETOOLONG", "scandir");
  }
  return joinNames(names.reverse(), true);
}
