/** The worker's side of a pool: takes jobs in the order they come, one at a time. */
import { errorToMessage } from "../errors.ts";
import type { JobMessage, ResultMessage } from "./worker-pool.ts";

/** The thread's end of the channel to its pool. */
export interface JobChannel {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  listen(onMessage: (message: unknown) => void): void;
}

/** A job's result, and what of it moves to the pool instead of being copied. */
export interface JobResult<Result> {
  readonly result: Result;
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * Serves jobs until the thread is ended. Jobs run one after the other; what
 * one throws rejects that job alone.
 */
export function serveJobs<Job, Result>(
  channel: JobChannel,
  handle: (job: Job) => Promise<JobResult<Result>>,
): void {
  let last: Promise<void> = Promise.resolve();
  const serve = async ({ id, job }: JobMessage<Job>): Promise<void> => {
    try {
      const { result, transfer = [] } = await handle(job);
      channel.post({ id, result } satisfies ResultMessage<Result>, transfer);
    } catch (error) {
      channel.post({ id, error: errorToMessage(error) } satisfies ResultMessage<Result>, []);
    }
  };
  channel.listen((message) => {
    last = last.then(() => serve(message as JobMessage<Job>));
  });
}
