import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex } from "../../src/bytes/hex.ts";
import { PolicyError } from "../../src/errors.ts";
import { checkLayers } from "../../src/overlay/layer-decision.ts";

const hash = (digit: string): string => digit.repeat(64);
const [a, b, c, d] = ["a", "b", "c", "d"].map(hash) as [string, string, string, string];

/** Layers as a mount names them: the top first. */
const check = (lists: readonly (readonly string[])[], topFirst: readonly string[]): void =>
  checkLayers(
    { container: "web", layers: lists },
    topFirst.map((text) => fromHex(text)),
  );

function refusal(lists: readonly (readonly string[])[], topFirst: readonly string[]): PolicyError {
  try {
    check(lists, topFirst);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("layers that the policy lists", () => {
  test.each<readonly [string, readonly (readonly string[])[], readonly string[]]>([
    ["in its order turned around", [[a, b, c]], [c, b, a]],
    ["in one of several lists", [[a], [a, c], [a, b]], [b, a]],
    ["twice, where it lists one twice", [[a, b, a]], [a, b, a]],
    ["in capital letters", [[a.toUpperCase()]], [a]],
    ["none at all, where it lists none", [[]], []],
  ])("%s", (_, lists, topFirst) => {
    expect(() => check(lists, topFirst)).not.toThrow();
  });
});

describe("layers that the policy does not list", () => {
  test.each<readonly [string, readonly (readonly string[])[], readonly string[], number, string]>([
    [
      "upside down",
      [[a, b, c]],
      [a, b, c],
      0,
      `root hash ${c}, and the policy has ${a} there. The order is upside down`,
    ],
    [
      "one another",
      [[a, b, c]],
      [c, d, a],
      1,
      `layer 1, counted from the base, has root hash ${d}, and the policy has ${b} there`,
    ],
    [
      "two swapped",
      [[a, b, c, d]],
      [d, b, c, a],
      1,
      `has root hash ${c}, and the policy has ${b} there. In the policy it is layer 2`,
    ],
    ["the top missing", [[a, b, c]], [b, a], 2, `layer 2 is missing: the policy has ${c} there`],
    [
      "the base missing",
      [[a, b]],
      [b],
      0,
      `has root hash ${b}, and the policy has ${a} there. In the policy it is layer 1`,
    ],
    [
      "one too many",
      [[a, b]],
      [c, b, a],
      2,
      `layer 2 has root hash ${c}, and the policy has none there: it lists 2`,
    ],
    [
      "one twice",
      [[a, b]],
      [b, b, a],
      2,
      `root hash ${b}, and the policy has none there: it lists 2. It is layer 1 already, and the policy lists it once`,
    ],
    [
      "one twice in another's place",
      [[a, b]],
      [a, a],
      1,
      "It is layer 0 already, and the policy lists it once",
    ],
    [
      "mixed from two lists",
      [
        [a, b],
        [c, d],
      ],
      [d, a],
      1,
      `has root hash ${d}, and the policy has ${b} there`,
    ],
    [
      "of several lists the nearest",
      [
        [d, c, b, a],
        [a, b, c, d],
      ],
      [b, c, b, a],
      3,
      `has root hash ${b}, and the policy has ${d} there`,
    ],
    ["what is no root hash", [["__proto__", b]], [b, a], 0, "and the policy has __proto__ there"],
    ["none", [[a]], [], 0, `layer 0 is missing: the policy has ${a} there`],
  ])("%s", (_, lists, topFirst, position, words) => {
    const error = refusal(lists, topFirst);
    expect(error.message).toContain("container web");
    expect(error.message).toContain(words);
    expect(error.at).toEqual({ layer: String(position) });
    expect(error.reasons).toHaveLength(lists.length);
  });

  test("where it lists nothing for the container", () => {
    const { message, reasons } = refusal([], [a]);
    expect(message).toContain("lists no layers for container web");
    expect(reasons).toHaveLength(1);
    expect(refusal([], []).code).toBe("denied");
  });
});

test("equals a list exactly where it is one", () => {
  const lists = fc.array(fc.array(fc.constantFrom(a, b, c), { maxLength: 3 }), { maxLength: 3 });
  const layers = fc.array(fc.constantFrom(a, b, c), { maxLength: 3 });
  fc.assert(
    fc.property(lists, layers, (policy, baseFirst) => {
      const isListed = policy.some((list) => list.join() === baseFirst.join());
      const given = [...baseFirst].reverse();
      if (isListed) expect(() => check(policy, given)).not.toThrow();
      else expect(refusal(policy, given)).toBeInstanceOf(PolicyError);
    }),
  );
});
