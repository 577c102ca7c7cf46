/** Not waiting for a promise any longer, and not minding how it ends. */

/** Settles with `work`, or at once with `signal.reason` on abort; `work` itself goes on. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    const stay = () => signal.removeEventListener("abort", leave);
    work.then(
      (value) => {
        stay();
        resolve(value);
      },
      (error) => {
        stay();
        reject(error);
      },
    );
  });
}

/** Lets a promise fail unheard: someone else looks at it later, or nobody need. */
export function unheard(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
