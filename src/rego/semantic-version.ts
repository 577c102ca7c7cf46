/**
 * Semantic versions (semver.org 2.0.0, sections 2, 9, 10 and 11), without a `v` in front. As in OPA, numbers may have
 * zeros in front, and are 64 bits with a sign.
 */

const identifiers = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const version = new RegExp(`^(\\d+)\\.(\\d+)\\.(\\d+)(?:-(${identifiers}))?(?:\\+${identifiers})?$`);
const greatest = 2n ** 63n - 1n;

/** Whether a text is a version. */
export function isVersion(text: string): boolean {
  return partsOf(text) !== undefined;
}

/** -1, 0 or 1 by precedence; undefined where one is no version. */
export function compareVersions(a: string, b: string): number | undefined {
  const partsOfA = partsOf(a);
  const partsOfB = partsOf(b);
  if (partsOfA === undefined || partsOfB === undefined) return undefined;
  for (const part of [1, 2, 3]) {
    const order = compareNumerals(partsOfA[part] as string, partsOfB[part] as string);
    if (order !== 0) return order;
  }
  const [before, otherBefore] = [partsOfA[4], partsOfB[4]];
  if (before === undefined || otherBefore === undefined) {
    return Number(before === undefined) - Number(otherBefore === undefined);
  }
  return compareIdentifiers(before.split("."), otherBefore.split("."));
}

function partsOf(text: string): readonly (string | undefined)[] | undefined {
  const parts = version.exec(text);
  // Most numbers are short.
  const fits = parts?.slice(1, 4).every((digits) => digits.length < 19 || BigInt(digits) <= greatest);
  return parts && fits ? parts : undefined;
}

function compareIdentifiers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareIdentifier(a[i] as string, b[i] as string);
    if (order !== 0) return order;
  }
  return Math.sign(a.length - b.length);
}

/** Numbers by value and below all others, which go by their characters. */
function compareIdentifier(a: string, b: string): number {
  const isNumberA = /^\d+$/.test(a);
  const isNumberB = /^\d+$/.test(b);
  if (isNumberA && isNumberB) return compareNumerals(a, b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}

/** Digits, however many. */
function compareNumerals(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")];
  if (one.length !== other.length) return Math.sign(one.length - other.length);
  return one < other ? -1 : Number(one > other);
}
