/** The program of a module worker that `startWebDigests` starts. */
import { webWorkerChannel } from "../crypto/web-worker.ts";
import { serveJobs } from "../crypto/worker-jobs.ts";
import { openDeviceHandle } from "../device/open-device-handle.ts";
import { digestJobs } from "./digest-job.ts";

serveJobs(
  webWorkerChannel(),
  digestJobs((handle) => openDeviceHandle(handle)),
);
