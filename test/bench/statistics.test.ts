import { describe, expect, test } from "vitest";
import { interleave, ratio } from "../../bench/measure/interleave.ts";
import { quantile, spreadOf } from "../../bench/measure/statistics.ts";

describe("statistics", () => {
  test("a quantile lies between its neighbours", () => {
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3], 0)).toBe(1);
    expect(quantile([1, 2, 3], 1)).toBe(3);
    expect(quantile([7], 0.95)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });

  test("the spread does not mind the order", () => {
    const numbers = Array.from({ length: 101 }, (_, i) => (i * 37) % 101);
    expect(spreadOf(numbers)).toEqual({ median: 50, low: 5, high: 95 });
  });
});

test("contenders run in turn, and a ratio is taken within its round", async () => {
  const order: string[] = [];
  const contender = (name: string, bytes: number) => ({
    name,
    bytes,
    run: () => {
      order.push(name);
    },
  });
  const pace = { rounds: 3, timeMs: 0 };
  const [a, b] = await interleave([contender("a", 1000), contender("b", 1000)], pace);
  if (!a || !b) throw new Error("a contender is missing");
  expect(order.filter((name, i) => name !== order[i - 1]).join("")).toBe("abababab");
  expect(a.rounds.length).toBe(3);
  expect(a.rounds.every((speed) => speed > 0)).toBe(true);
  const fixed = (rounds: number[]) => ({ name: "x", unit: "MB/s" as const, speed: spreadOf(rounds), rounds });
  expect(ratio(fixed([10, 40, 90]), fixed([5, 10, 30])).median).toBe(3);
});

test("calls are counted by the second, and each is made ready for", async () => {
  const order: string[] = [];
  const contender = {
    name: "a",
    calls: 1000,
    before: async () => {
      order.push("before");
    },
    run: () => {
      order.push("run");
      // A browser's clock is coarse: less would take no time.
      for (const end = performance.now() + 1; performance.now() < end; );
    },
  };
  const [a] = await interleave([contender], { rounds: 3, timeMs: 0 });
  expect(a?.unit).toBe("calls/s");
  expect(a?.speed.median).toBeGreaterThan(0);
  expect(order.length).toBeGreaterThanOrEqual(8);
  expect(order.every((what, i) => what === (i % 2 === 0 ? "before" : "run"))).toBe(true);
});
