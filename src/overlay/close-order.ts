/** Closing one thing after the other, whatever becomes of each. */

/** Anything that can be closed. */
export interface Closable {
  close(): Promise<void>;
}

/** Closes all, in order; throws what the first that failed threw, once all were tried. */
export async function closeInOrder(all: readonly Closable[]): Promise<void> {
  const failures: unknown[] = [];
  for (const one of all) {
    try {
      await one.close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
