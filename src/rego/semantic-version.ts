/** Semantic versions (semver.org 2.0.0, sections 2, 9, 10 and 11), without a `v` in front. */

const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** Whether a text is a version. */
export function isVersion(text: string): boolean {
  return version.test(text);
}

/** -1, 0 or 1 by precedence; undefined where one is no version. */
export function compareVersions(a: string, b: string): number | undefined {
  const partsOfA = version.exec(a);
  const partsOfB = version.exec(b);
  if (partsOfA === null || partsOfB === null) return undefined;
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

/** Digits without zeros in front, however many. */
function compareNumerals(a: string, b: string): number {
  if (a.length !== b.length) return Math.sign(a.length - b.length);
  return a < b ? -1 : Number(a > b);
}
