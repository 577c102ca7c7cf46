import { describe, expect, test } from "vitest";
import { KnownNames } from "../../src/tree/known-names.ts";

const encoder = new TextEncoder();
const nameOf = (i: number): Uint8Array => encoder.encode(`name-${i}`);

/** Whole numbers below a bound, the same at every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

describe("names that were looked up lately", () => {
  test("are known by directory and name", () => {
    const names = new KnownNames<number>();
    names.set(1, nameOf(1), 11);
    names.set(2, nameOf(1), 21);
    names.set(1, new Uint8Array([0xff, 0x80]), 12);
    expect(names.get(1, nameOf(1))).toBe(11);
    expect(names.get(2, nameOf(1))).toBe(21);
    expect(names.get(1, new Uint8Array([0xff, 0x80]))).toBe(12);
    expect(names.get(1, new Uint8Array([0xff]))).toBeUndefined();
    names.forget(1, nameOf(1));
    expect(names.get(1, nameOf(1))).toBeUndefined();
    names.clear();
    expect(names.get(2, nameOf(1))).toBeUndefined();
  });

  test("do not change with the array that they were given in", () => {
    const names = new KnownNames<number>();
    const name = nameOf(1);
    names.set(1, name, 11);
    name[0] = 0x4e;
    expect(names.get(1, name)).toBeUndefined();
    expect(names.get(1, nameOf(1))).toBe(11);
  });

  test("are as many as the limit at most, and those met last stay", () => {
    const names = new KnownNames<number>(8);
    names.set(1, nameOf(0), 100);
    for (let i = 1; i < 100; i++) {
      names.set(1, nameOf(i), 100 + i);
      expect(names.get(1, nameOf(0))).toBe(100);
      expect(names.get(1, nameOf(i))).toBe(100 + i);
    }
    const known = Array.from({ length: 100 }, (_, i) => names.get(1, nameOf(i)));
    expect(known.filter((found) => found !== undefined).length).toBeLessThanOrEqual(8);
  });

  test("are never known by what they stood for before", () => {
    const random = numbers(7);
    for (const limit of [1, 2, 7, 64, 1000]) {
      const names = new KnownNames<number>(limit);
      const model = new Map<number, number>();
      for (let step = 1; step <= 20_000; step++) {
        const [at, kind] = [random(200), random(4)];
        const [directory, name] = [at % 3, nameOf(at)];
        if (kind === 0) {
          names.set(directory, name, step);
          model.set(at, step);
        } else if (kind === 1) {
          names.forget(directory, name);
          model.delete(at);
        } else {
          expect([undefined, model.get(at)]).toContain(names.get(directory, name));
        }
      }
    }
  });

  test("that have one number put each other out, and are not known by what they stood for before", () => {
    // Of a directory's number the low 32 bits count.
    const [one, other] = [1, 2 ** 32 + 1];
    const names = new KnownNames<number>(4);
    names.set(one, nameOf(0), 1);
    names.set(2, nameOf(1), 2);
    names.set(2, nameOf(2), 3);
    expect(names.get(other, nameOf(0))).toBeUndefined();
    names.set(one, nameOf(0), 4);
    names.set(other, nameOf(0), 5);
    expect(names.get(other, nameOf(0))).toBe(5);
    expect(names.get(one, nameOf(0))).toBeUndefined();
    names.set(one, nameOf(0), 6);
    expect(names.get(one, nameOf(0))).toBe(6);
    names.forget(one, nameOf(0));
    expect(names.get(one, nameOf(0))).toBeUndefined();
  });
});
