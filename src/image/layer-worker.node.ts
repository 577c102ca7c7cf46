/** The program of a thread that `LayerThreads` starts. */
import { serveJobs } from "../crypto/worker-jobs.ts";
import { workerThreadChannel, workerThreadData } from "../crypto/worker-thread.node.ts";
import { type LayerJob, type LayerThreadData, LayerWorker } from "./layer-job.node.ts";

const worker = new LayerWorker(workerThreadData() as LayerThreadData);
serveJobs(workerThreadChannel(), (job: LayerJob) => worker.answer(job));
