/** Arithmetic; `-`, `|` and `&` are also for sets. */
import { binary, type NamedBuiltin, numbersOf, ternary, unary } from "./builtin.ts";
import type { Allocation } from "./program.ts";
import { RegoSet, type RegoValue } from "./value.ts";

/** What a number can be here: whole ones are exact or none. */
function result(value: number): number | undefined {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) return undefined;
  return value === 0 ? 0 : value;
}

function arithmetic(name: string, apply: (a: number, b: number) => number): NamedBuiltin {
  return binary(name, (a, b) =>
    typeof a === "number" && typeof b === "number" ? result(apply(a, b)) : undefined,
  );
}

function minus(a: RegoValue, b: RegoValue, budget: Allocation): RegoValue | undefined {
  if (typeof a === "number" && typeof b === "number") return result(a - b);
  if (!(a instanceof RegoSet && b instanceof RegoSet)) return undefined;
  budget.allocate(a.size);
  return new RegoSet(a.members().filter((member) => !b.has(member)));
}

function range(from: number, to: number, step: number, budget: Allocation): RegoValue | undefined {
  if (![from, to, step].every(Number.isSafeInteger) || step < 1) return undefined;
  const count = Math.floor(Math.abs(to - from) / step) + 1;
  budget.allocate(count);
  return Array.from({ length: count }, (_, i) => from + Math.sign(to - from) * step * i);
}

/** Half away from zero, as OPA rounds. */
function round(a: number): number {
  return Math.sign(a) * Math.round(Math.abs(a));
}

/** An operation on the bits of whole numbers, whose sign goes on for ever. */
function onBits(name: string, apply: (a: bigint, b: bigint) => bigint | undefined): NamedBuiltin {
  return binary(name, (a, b) => {
    if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return undefined;
    const value = apply(BigInt(a as number), BigInt(b as number));
    return value === undefined ? undefined : result(Number(value));
  });
}

/** Further than a number has bits. */
const furthest = 64n;

function shifted(a: bigint, by: bigint): bigint | undefined {
  if (by < 0n) return undefined;
  return a << (by < furthest ? by : furthest);
}

/** See the head of this file. */
export const numberBuiltins: readonly NamedBuiltin[] = [
  arithmetic("plus", (a, b) => a + b),
  arithmetic("mul", (a, b) => a * b),
  arithmetic("div", (a, b) => (b === 0 ? Number.NaN : a / b)),
  arithmetic("rem", (a, b) => (Number.isInteger(a) && Number.isInteger(b) && b !== 0 ? a % b : Number.NaN)),
  binary("minus", minus),
  onBits("bits.and", (a, b) => a & b),
  onBits("bits.or", (a, b) => a | b),
  onBits("bits.xor", (a, b) => a ^ b),
  onBits("bits.lsh", shifted),
  onBits("bits.rsh", (a, by) => (by < 0n ? undefined : a >> (by < furthest ? by : furthest))),
  unary("bits.negate", (a) => (Number.isSafeInteger(a) ? result(-(a as number) - 1) : undefined)),
  ...(
    [
      ["abs", Math.abs],
      ["ceil", Math.ceil],
      ["floor", Math.floor],
      ["round", round],
    ] as const
  ).map(([name, apply]) => unary(name, (a) => (typeof a === "number" ? result(apply(a)) : undefined))),
  unary("sum", (a) => {
    const total = numbersOf(a)?.reduce((sum, each) => sum + each, 0);
    return total === undefined ? undefined : result(total);
  }),
  unary("product", (a) => {
    const total = numbersOf(a)?.reduce((product, each) => product * each, 1);
    return total === undefined ? undefined : result(total);
  }),
  binary("numbers.range", (a, b, budget) =>
    typeof a === "number" && typeof b === "number" ? range(a, b, 1, budget) : undefined,
  ),
  ternary("numbers.range_step", (a, b, c, budget) =>
    typeof a === "number" && typeof b === "number" && typeof c === "number"
      ? range(a, b, c, budget)
      : undefined,
  ),
];
