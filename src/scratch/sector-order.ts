/**
 * The order of calls on the same sectors: first come, first served. Calls that
 * only read may run side by side; one that writes waits for all before it, and
 * all after it wait for it.
 *
 * Ranges are kept in a tree over the sectors, 64 children a node, as a database
 * locks tables, pages and rows: a call has the nodes that it covers whole, and says
 * of those above them that it has something within. A node remembers no calls, only
 * the last group of each kind; so a call costs the nodes it enters, a few
 * for each level, however many others there are.
 */

/** A call's place in the order. */
export interface SectorTurn {
  /** Settles when it is the call's turn; `undefined` where it is that at once. Never rejects. */
  readonly ready: Promise<void> | undefined;
  /** Ends the call, or its waiting: once nothing of it touches the device or its memory any more. */
  end(): void;
}

/** What a call does with a node's sectors: all of them, or some; it reads or writes. */
type Use = 0 | 1 | 2 | 3;
const readsSome = 0;
const writesSome = 1;
const readsAll = 2;
const writesAll = 3;

/** Which earlier uses of a node each use waits for; two that are within it meet further down, if at all. */
const waitsFor: readonly (readonly Use[])[] = [
  [writesAll],
  [readsAll, writesAll],
  [writesSome, writesAll],
  [readsSome, writesSome, readsAll, writesAll],
];

const childBits = 6;
const childrenPerNode = 2 ** childBits;

/** Calls with the same use of a node, who came one after another with nobody waiting for them between. */
class Group {
  /** Those who have not ended, and with them the group before, while that has not. */
  members = 0;
  /** Someone waits for it: who comes now is of the next. */
  isClosed = false;
  readonly waiting: (Turn | Group)[] = [];
}

/** Sectors of which someone has some. */
interface Node {
  readonly level: number;
  readonly index: number;
  turns: number;
  readonly last: (Group | undefined)[];
}

class Turn implements SectorTurn {
  ready: Promise<void> | undefined;
  /** Groups that it waits for. */
  before = 0;
  readonly groups: Group[] = [];
  readonly nodes: Node[] = [];
  readonly firstSector: number;
  /** Past the last one. */
  readonly endSector: number;
  readonly writes: boolean;
  go: () => void = () => {};
  readonly #leave: (turn: Turn) => void;

  constructor(firstSector: number, endSector: number, writes: boolean, leave: (turn: Turn) => void) {
    this.firstSector = firstSector;
    this.endSector = endSector;
    this.writes = writes;
    this.#leave = leave;
  }

  end(): void {
    this.#leave(this);
  }
}

/** The calls under way and in wait. */
export class SectorOrder {
  readonly #sectors: number;
  /** By level, 0 for single sectors. */
  readonly #nodes: Map<number, Node>[];
  /** Who is the only one: nobody needs the tree then. */
  #alone: Turn | undefined;
  #turns = 0;
  #steps = 0;

  /** @param sectors how many there are. */
  constructor(sectors: number) {
    this.#sectors = sectors;
    let levels = 1;
    for (let span = 1; span < sectors; span *= childrenPerNode) levels++;
    this.#nodes = Array.from({ length: levels }, () => new Map());
  }

  /** Nodes entered and groups gone through so far: what the work is proportional to. */
  get steps(): number {
    return this.#steps;
  }

  /** Takes a place behind everyone who came before. */
  enter(firstSector: number, endSector: number, writes: boolean): SectorTurn {
    const turn = new Turn(firstSector, endSector, writes, (ending) => this.#leave(ending));
    this.#turns += 1;
    if (this.#turns === 1) {
      this.#alone = turn;
      return turn;
    }
    if (this.#alone !== undefined) {
      this.#place(this.#alone);
      this.#alone = undefined;
    }
    this.#place(turn);
    if (turn.before > 0) {
      turn.ready = new Promise((resolve) => {
        turn.go = resolve;
      });
    }
    return turn;
  }

  #place(turn: Turn): void {
    this.#enterNode(turn, this.#nodes.length - 1, 0);
  }

  #enterNode(turn: Turn, level: number, index: number): void {
    const span = childrenPerNode ** level;
    const start = index * span;
    const end = Math.min(start + span, this.#sectors);
    const isWhole = turn.firstSector <= start && end <= turn.endSector;
    const use = ((isWhole ? readsAll : readsSome) + (turn.writes ? 1 : 0)) as Use;
    this.#join(turn, this.#node(level, index), use);
    if (isWhole) return;
    const childSpan = span / childrenPerNode;
    const first = Math.floor(Math.max(turn.firstSector, start) / childSpan);
    const last = Math.ceil(Math.min(turn.endSector, end) / childSpan);
    for (let child = first; child < last; child++) this.#enterNode(turn, level - 1, child);
  }

  #node(level: number, index: number): Node {
    const nodes = this.#nodes[level] as Map<number, Node>;
    let node = nodes.get(index);
    if (node === undefined) {
      node = { level, index, turns: 0, last: [undefined, undefined, undefined, undefined] };
      nodes.set(index, node);
    }
    return node;
  }

  #join(turn: Turn, node: Node, use: Use): void {
    this.#steps += 1;
    node.turns += 1;
    turn.nodes.push(node);
    for (const other of waitsFor[use] as readonly Use[]) {
      const group = node.last[other];
      if (group === undefined || group.members === 0) continue;
      group.isClosed = true;
      group.waiting.push(turn);
      turn.before += 1;
    }
    let group = node.last[use];
    if (group === undefined || group.isClosed) {
      const next = new Group();
      // Whoever waits for this group waits for all of its kind that came before.
      if (group !== undefined && group.members > 0) {
        group.waiting.push(next);
        next.members += 1;
      }
      group = next;
      node.last[use] = group;
    }
    group.members += 1;
    turn.groups.push(group);
  }

  #leave(turn: Turn): void {
    this.#turns -= 1;
    if (turn === this.#alone) {
      this.#alone = undefined;
      return;
    }
    for (const node of turn.nodes) {
      node.turns -= 1;
      if (node.turns === 0) this.#nodes[node.level]?.delete(node.index);
    }
    // A list and no recursion: groups that are over one after another make a long chain.
    const left = turn.groups;
    for (let group = left.pop(); group !== undefined; group = left.pop()) {
      this.#steps += 1;
      group.members -= 1;
      if (group.members > 0) continue;
      for (const waiting of group.waiting) {
        this.#steps += 1;
        if (waiting instanceof Group) {
          left.push(waiting);
          continue;
        }
        waiting.before -= 1;
        if (waiting.before === 0) waiting.go();
      }
    }
  }
}
