/** Comparison without a data-dependent branch, and ordering as bytes. */

/**
 * True where both arrays hold the same bytes. Its time depends on the lengths
 * alone (as far as a JS engine allows that to be said), so it serves tags too.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number);
  return difference === 0;
}
