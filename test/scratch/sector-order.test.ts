/** The order of calls, held against the plainest one: everybody waits for all whom he must. */
import { describe, expect, test } from "vitest";
import { SectorOrder, type SectorTurn } from "../../src/scratch/sector-order.ts";
import { SeededRandom } from "../../src/testing/index.ts";

/** Lets what was promised be seen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await undefined;
}

interface Place {
  readonly turn: SectorTurn;
  readonly first: number;
  readonly end: number;
  readonly writes: boolean;
  isReady: boolean;
}

function enter(order: SectorOrder, first: number, end: number, writes: boolean): Place {
  const turn = order.enter(first, end, writes);
  const place = { turn, first, end, writes, isReady: turn.ready === undefined };
  turn.ready?.then(() => {
    place.isReady = true;
  });
  return place;
}

function meet(a: Place, b: Place): boolean {
  return a.first < b.end && b.first < a.end && (a.writes || b.writes);
}

test.each([
  [1, 1],
  [64, 2],
  [65, 3],
  [5000, 4],
  [2 ** 32, 5],
])(
  "with %d sectors everybody waits for those before him whom he meets, and for nobody else",
  async (sectors, seed) => {
    const random = new SeededRandom(seed);
    const order = new SectorOrder(sectors);
    const places: Place[] = [];
    let waited = 0;
    for (let step = 0; step < 3000; step++) {
      if (places.length > 0 && random.oneIn(2)) {
        // Some end before it is their turn: those who gave up.
        const index = random.below(places.length);
        const [place] = places.splice(index, 1);
        place?.turn.end();
      } else {
        const length = Math.min(sectors, random.pick([1, 1, 2, 70, 1000, sectors]));
        const first = random.below(Math.min(sectors, random.pick([4, 200, 9000])) - Math.min(length, 4) + 1);
        const end = Math.min(first + length, sectors);
        places.push(enter(order, Math.min(first, end - 1), end, random.oneIn(2)));
      }
      if (step % 7 !== 0) continue;
      await settled();
      for (const [i, place] of places.entries()) {
        const mustWait = places.slice(0, i).some((other) => meet(other, place));
        if (mustWait) waited += 1;
        expect(place.isReady).toBe(!mustWait);
      }
    }
    expect(waited).toBeGreaterThan(100);
  },
);

describe("the work of n calls that are all under way grows no faster than n", () => {
  const sectors = 2 ** 28;
  const spread = (i: number): number => (i * 2_654_435_761) % (sectors - 2);

  /** Steps a call, with n of them. */
  function stepsPerCall(n: number, range: (i: number) => readonly [number, number, boolean]): number {
    const order = new SectorOrder(sectors);
    const turns = Array.from({ length: n }, (_, i) => order.enter(...range(i)));
    for (const turn of turns) turn.end();
    return order.steps / n;
  }

  test.each([
    ["writes of one sector", () => [7, 8, true], 24],
    ["reads of one sector", () => [7, 8, false], 24],
    ["reads and writes of one sector in turn", (i) => [7, 8, i % 2 === 0], 24],
    ["writes of different sectors", (i) => [spread(i), spread(i) + 1, true], 24],
    ["writes across each other's edges", (i) => [i, i + 2, true], 60],
    [
      "reads of everything among writes of single sectors",
      (i) => (i % 2 === 0 ? [0, sectors, false] : [spread(i), spread(i) + 1, true]),
      24,
    ],
    [
      "writes of everything among reads of single sectors",
      (i) => (i % 2 === 0 ? [0, sectors, true] : [spread(i), spread(i) + 1, false]),
      40,
    ],
  ] as const satisfies readonly (readonly [
    string,
    (i: number) => readonly [number, number, boolean],
    number,
  ])[])("%s", (_, range, most) => {
    const few = stepsPerCall(1000, range);
    const many = stepsPerCall(16_000, range);
    expect(many).toBeLessThan(1.1 * few);
    expect(many).toBeLessThan(most);
  });

  test("a thousand calls on most of a disk of 1 TiB enter few nodes each", () => {
    expect(stepsPerCall(1000, (i) => [1 + i, sectors - 1 - i, i % 3 === 0])).toBeLessThan(2500);
  });
});

test("a long line of calls that gave up ends without a deep call", () => {
  const order = new SectorOrder(64);
  const turns = Array.from({ length: 100_000 }, (_, i) => order.enter(0, 1, i % 2 === 0));
  for (const turn of turns.toReversed()) turn.end();
  expect(order.enter(0, 64, true).ready).toBeUndefined();
});
