/** `--threads` and `--hasher`: who hashes the data. */
import { availableParallelism } from "node:os";
import type { HasherChoice } from "../crypto/hasher-choice.node.ts";
import { chosenHashers } from "../crypto/hasher-choice.node.ts";
import type { WorkerPort } from "../crypto/worker-pool.ts";
import { worthThreadsBytes } from "../crypto/worth-threads.ts";
import { digestsOnThisThread } from "../verity/block-digester.ts";
import type { DataDigests } from "../verity/data-digests.ts";
import { type BatchThreads, startBatchThreads, startThreadedDigests } from "../verity/digest-pool.node.ts";
import { spawnDigestThread } from "../verity/digest-thread.node.ts";
import type { CommandContext } from "./context.ts";

/** The most that a pool takes. */
const maxThreads = 256;

/** What the options say. */
export interface ThreadOptions {
  readonly threads?: number;
  readonly hasher?: HasherChoice;
}

/** Who hashes: disposing ends the threads. */
export interface DigestThreads extends AsyncDisposable {
  readonly digests: DataDigests;
  readonly count: number;
}

/**
 * Starts the threads that the options ask for: one a core unless they say
 * otherwise. A single one is this thread itself.
 *
 * @param sizeBytes how much is to be hashed.
 */
export function startDigestThreads(
  context: CommandContext,
  { threads, hasher = "auto" }: ThreadOptions,
  sizeBytes: number,
): DigestThreads {
  const count = threads ?? threadsWorth(sizeBytes);
  if (count > 1) {
    const digests = startThreadedDigests(count, {
      hasher,
      includeThisThread: true,
      spawn: spawner(context),
    });
    return { digests, count, [Symbol.asyncDispose]: () => digests.close() };
  }
  const digests = digestsOnThisThread(chosenHashers(hasher));
  return { digests, count, [Symbol.asyncDispose]: async () => {} };
}

/** Who hashes blocks that are made here, and how many threads those are. */
export interface CountedBatchThreads extends BatchThreads {
  readonly count: number;
}

/**
 * As `startDigestThreads`, for what is made by this thread, which takes its share of the hashing.
 *
 * @param sizeBytes about how much will be hashed; undefined where nobody knows.
 */
export function startCountedBatchThreads(
  context: CommandContext,
  { threads, hasher = "auto" }: ThreadOptions,
  sizeBytes: number | undefined,
): CountedBatchThreads {
  const count = threads ?? threadsWorth(sizeBytes ?? Number.POSITIVE_INFINITY);
  return { ...startBatchThreads(count - 1, { hasher, spawn: spawner(context) }), count };
}

/** Takes the thread that was started early, and then starts others. */
function spawner({ earlyThread }: CommandContext): (hasher: HasherChoice) => WorkerPort {
  return (hasher) => earlyThread?.take(hasher) ?? spawnDigestThread(hasher);
}

/** One thread a core, where there is enough to do. */
function threadsWorth(sizeBytes: number): number {
  return sizeBytes < worthThreadsBytes ? 1 : Math.min(availableParallelism(), maxThreads);
}
