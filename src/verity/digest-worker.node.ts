/** The program of a thread that `startThreadedDigests` starts. */
import { chosenHashers, type HasherChoice } from "../crypto/hasher-choice.node.ts";
import { serveJobs } from "../crypto/worker-jobs.ts";
import { workerThreadChannel, workerThreadData } from "../crypto/worker-thread.node.ts";
import type { DigestJob } from "./digest-job.ts";
import { threadDigestWorker } from "./digest-pool.node.ts";

const worker = threadDigestWorker(chosenHashers(workerThreadData() as HasherChoice));
serveJobs(workerThreadChannel(), (job: DigestJob) => worker.answer(job));
