/** The shortest part of a list that still fails. */

/**
 * Leaves out whatever is not needed for a failure: halves first, then single items.
 *
 * @param fails whether a list fails.
 */
export async function shortened<Item>(
  list: readonly Item[],
  fails: (list: readonly Item[]) => Promise<boolean>,
): Promise<readonly Item[]> {
  let short = list;
  for (let size = Math.ceil(short.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = short.length - size; start >= 0; start -= size) {
      const shorter = [...short.slice(0, start), ...short.slice(start + size)];
      if (shorter.length < short.length && (await fails(shorter))) short = shorter;
    }
  }
  return short;
}
