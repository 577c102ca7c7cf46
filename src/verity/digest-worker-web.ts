/** The program of a module worker that `startWebDigests` starts. */
import { webWorkerChannel } from "../crypto/web-worker.ts";
import { serveJobs } from "../crypto/worker-jobs.ts";
import { openDeviceHandle } from "../device/open-device-handle.ts";
import { type DigestJob, DigestWorker } from "./digest-job.ts";

const worker = new DigestWorker((handle) => openDeviceHandle(handle));
serveJobs(webWorkerChannel(), (job: DigestJob) => worker.answer(job));
